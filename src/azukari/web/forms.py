"""How forms are drawn: label, what has to be known, field, error, in that order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.forms.renderers import TemplatesSetting
from django.forms.utils import flatatt
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

_SELECT, _OPTION = "django/forms/widgets/select.html", "django/forms/widgets/select_option.html"


class Renderer(TemplatesSetting):
    form_template_name = "components/form.html"
    field_template_name = "components/field.html"

    def render(self, template_name: str, context: Any, request: Any = None) -> str:
        """Lists of choices are written directly: Django's templates for them render two templates per choice."""
        if template_name == _SELECT and _plain(context["widget"]):
            return _select(context["widget"])
        return str(super().render(template_name, context, request))


def _plain(widget: Mapping[str, Any]) -> bool:
    return all(choice["template_name"] == _OPTION for _group, choices, _n in widget["optgroups"] for choice in choices)


def _select(widget: Mapping[str, Any]) -> SafeString:
    """The same as Django's select.html."""
    lines = [format_html('<select name="{}"{}>', widget["name"], flatatt(widget["attrs"]))]
    for group, choices, _n in widget["optgroups"]:
        lines += [format_html('  <optgroup label="{}">', group)] if group else []
        lines += _options(choices)
        lines += [mark_safe("  </optgroup>")] if group else []
    return mark_safe("\n".join([*lines, "</select>"]))  # noqa: S308 - every part of it is escaped


def _options(choices: list[Mapping[str, Any]]) -> Iterator[SafeString]:
    for choice in choices:
        attributes = flatatt(choice["attrs"]) if choice["attrs"] else ""
        yield format_html('  <option value="{}"{}>{}</option>', str(choice["value"]), attributes, choice["label"])
