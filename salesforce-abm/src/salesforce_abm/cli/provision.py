"""`salesforce-abm provision`: make the fields, the object and the permissions a configuration needs."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import click

from salesforce_abm.cli.config import config_option, load_config
from salesforce_abm.cli.output import json_option, print_json, progress, table
from salesforce_abm.connection import Connection
from salesforce_abm.errors import ConfigError, SalesforceAbmError
from salesforce_abm.field_types import FieldType
from salesforce_abm.metadata import Metadata
from salesforce_abm.plugins import find_plugin
from salesforce_abm.provision import Options, apply, carry_out, layouts, make_plan, plan_removal, survey
from salesforce_abm.provision.plan import Action, Step
from salesforce_abm.session import Session

if TYPE_CHECKING:
    from salesforce_abm.provision import Plan, Removal, Survey
    from salesforce_abm.requirements import Requirements

__all__ = ["provision"]

_STYLES = {
    Action.MAKE: "bold green",
    Action.CHANGE: "bold yellow",
    Action.NOTHING: "dim",
    Action.BLOCKED: "bold red",
}


@click.command()
@config_option
@click.option("--apply", "do_apply", is_flag=True, help="Carry the plan out.")
@click.option("--remove", "do_remove", is_flag=True, help="Show what this command made, and delete it.")
@click.option("--force", is_flag=True, help="With --remove: also delete what holds data.")
@click.option("--yes", is_flag=True, help="With --remove: do not ask.")
@click.option(
    "--type",
    "types",
    multiple=True,
    metavar="OBJECT.FIELD=TYPE",
    help="Make a field of this type: Account.ABM_Topics__c=LongTextArea(4000), Text(80), Number(18,2), "
    "DateTime, Checkbox, Lookup(Account), ... Without it, what the settings do not tell is Text(255), which "
    "reports can filter and group by.",
)
@click.option(
    "--layouts", "on_layouts", is_flag=True, help="Put the fields on the page layouts, in an own section."
)
@click.option(
    "--permission-set", metavar="NAME", help="API name of the permission set. [default: ABM_Integration]"
)
@click.option(
    "--assign-to",
    metavar="USERNAME",
    help="Who gets the permission set, when an administrator runs this for the integration's user. "
    "[default: the connected user]",
)
@json_option
def provision(
    *,
    config_path: str | None,
    do_apply: bool,
    do_remove: bool,
    force: bool,
    yes: bool,
    types: tuple[str, ...],
    on_layouts: bool,
    permission_set: str | None,
    assign_to: str | None,
    as_json: bool,
) -> None:
    """Make the fields, the object and the permission set that a target's configuration needs.

    Shows the plan, and changes nothing until you say --apply. What it makes carries a mark in its
    description; it touches nothing without that mark, except that --layouts adds a section to page layouts.
    """
    if do_apply and do_remove:
        raise click.UsageError("--apply makes and --remove deletes: say one of them.")
    plugin = find_plugin("target")
    config = load_config(config_path, "target", settings=plugin.settings)
    needed = plugin.requirements(config)
    if permission_set:
        needed = replace(needed, permission_set=permission_set)
    options = Options(_types(types), layouts=on_layouts)
    with Session(Connection.from_config(config)) as session:
        command = _Command(session, needed, options, assign_to, as_json=as_json)
        if do_remove:
            command.remove(force=force, yes=yes)
        else:
            command.make(do_apply=do_apply)


@dataclass(frozen=True)
class _Command:
    """One call of the command."""

    session: Session
    needed: Requirements
    options: Options
    assign_to: str | None
    as_json: bool

    def make(self, *, do_apply: bool) -> None:
        with progress("Looking at the org"):
            plan = self._plan()
        if not do_apply or plan.blocked or not plan.to_do:
            self._show(plan, applied=False)
            if plan.blocked:
                raise ConfigError(f"{_many(len(plan.blocked), 'line')} of the plan cannot be carried out")
            return
        if not self.as_json:
            self._show(plan, applied=False, hint=False)
        with progress("Starting") as tell:
            apply(self.session, plan, tell)
            tell("Looking again")
            after = self._plan()
        if after.blocked or after.to_do or not self._seen():
            self._show(after, applied=False)
            raise SalesforceAbmError("the org does not show everything that was made", remedy="Run it again.")
        if self.as_json:
            print_json(plan.as_dict() | {"applied": True})
        else:
            click.echo(f"Done, and looked at again: {_many(len(plan.to_do), 'change')} made.")
            click.echo(
                "People see the fields once their profile or a permission set gives them Read on them "
                "(Setup > Permission Sets > Object Settings)."
            )

    def remove(self, *, force: bool, yes: bool) -> None:
        names = [need.full_name for need in self.needed.fields]
        with progress("Looking at the org"):
            found = self._survey()
            removal = plan_removal(self.session, found, self.needed.permission_set, names)
        if not self.as_json:
            _show_removal(removal)
        if removal:
            if sys.stdin.isatty() and not yes and not self.as_json:
                click.confirm("Delete these?", abort=True)
            with progress("Starting") as tell:
                carry_out(self.session, removal, force=force, progress=tell)
        if self.as_json:
            print_json(removal.as_dict() | {"removed": bool(removal)})
        else:
            click.echo("Done." if removal else "Nothing to do: nothing here was made by this command.")

    def _survey(self) -> Survey:
        return survey(self.session, self.needed, self.assign_to)

    def _plan(self) -> Plan:
        plan = make_plan(self.needed, self._survey(), self.options)
        if not plan.shown:
            return plan
        lacking = layouts.missing_fields(Metadata(self.session), plan.shown)
        steps = [Step(Action.CHANGE, "page layout", name, ", ".join(f)) for name, f in lacking.items()]
        steps += [
            Step(Action.CHANGE, "page layout", f"of {need.name}", ", ".join(plan.shown.get(need.name, ())))
            for need in plan.objects
        ]
        return replace(plan, steps=(*plan.steps, *steps), shown=plan.shown if steps else {})

    def _seen(self) -> bool:
        """Tell whether describe shows every field needed, now that the permission set is assigned."""
        found = self._survey()
        # What another user sees cannot be looked at from here; that the rights are granted has been.
        return found.assignee.user_id != found.user.user_id or all(
            found.visible(n.sobject, n.name) for n in self.needed.fields if "." not in n.name
        )

    def _show(self, plan: Plan, *, applied: bool, hint: bool = True) -> None:
        if self.as_json:
            print_json(plan.as_dict() | {"applied": applied, "notes": list(self.needed.notes)})
            return
        rows = [
            ((step.action.value, step.kind, step.name, step.detail), _STYLES[step.action])
            for step in plan.steps
        ]
        table(("", "What", "Name", "Detail"), rows, title=f"Plan for {self.session.instance_url}")
        for note in self.needed.notes:
            click.echo(f"Note: {note}")
        if not hint:
            return
        if not plan.to_do and not plan.blocked:
            click.echo("Nothing to do.")
        elif not plan.blocked:
            click.echo(f"{_many(len(plan.to_do), 'change')} to make. Say --apply to make them.")


def _types(given: tuple[str, ...]) -> dict[str, FieldType]:
    types: dict[str, FieldType] = {}
    for text in given:
        name, equals, kind = text.partition("=")
        if not equals or "." not in name:
            raise ConfigError(f"--type {text}: write OBJECT.FIELD=TYPE, such as Account.ABM_Tier__c=Text(20)")
        types[name.strip()] = FieldType.parse(kind)
    return types


def _show_removal(removal: Removal) -> None:
    rows = [
        (("delete", "object", one.name, removal.data.get(one.name, "empty")), "bold red")
        for one in removal.objects
    ]
    rows += [
        (("delete", "field", one.full_name, removal.data.get(one.full_name, "empty")), "bold red")
        for one in removal.fields
    ]
    if removal.permission_set:
        users = _many(len(removal.assignments), "user")
        rows.append(
            (("delete", "permission set", removal.permission_set, f"assigned to {users}"), "bold red")
        )
    rows += [(("keep", "", name, "not made by this command"), "dim") for name in removal.kept]
    if rows:
        table(("", "What", "Name", "Detail"), rows, title="Made by this command")


def _many(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
