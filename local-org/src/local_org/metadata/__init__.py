"""What the Tooling and Metadata APIs share: metadata as documents, typed and untyped.

============  ==================================================================
module        what is in it
============  ==================================================================
`xml`         SOAP elements to dictionaries and back
`components`  the types that can be created, read, changed, deleted, listed
`listed`      one line of a list of components
`rights`      permission sets as metadata
`layouts`     page layouts as metadata
`tooling`     the Tooling API's own objects, queried with SOQL
============  ==================================================================
"""
