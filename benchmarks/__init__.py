"""`python -m benchmarks`: what the plugins cost, next to their peers and to the machine's limits.

org          the Salesforce they all talk to: a local org in a process of its own
contestants  who is measured, and the command line of each
peers        today's tools, installed from PyPI into environments of their own
yardsticks/  programs to compare with: plain SDK plugins, simple-salesforce, bare loops
measure      runs a command and reads its CPU seconds, memory and output from the kernel
suites       what is measured, of what size
goals        the goals and how the numbers compare with them
publish      the table and the plot in docs/performance.md
"""
