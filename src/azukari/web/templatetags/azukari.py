"""Tags of the components. Each draws one component of the book; words come translated from the template."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django import template
from django.conf import settings
from django.utils import dateformat, timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from azukari.vocabulary.wareki import to_wareki

register = template.Library()

NOTICES = {
    "success": "✓",
    "error": "!",
    "warning": "!",
    "info": "i",
    "emergency": "!",
}


@register.simple_tag
def chip(text: str, colour: str = "gray") -> SafeString:
    """A status as a word on a coloured ground: gray, blue, green, yellow, red."""
    return format_html('<span class="chip chip-{}">{}</span>', colour, text)


@register.simple_block_tag
def notice(content: str, kind: str = "info", heading: str = "") -> SafeString:
    """A notification: success, error, warning, info or emergency, with a heading and whatever it says."""
    mark = format_html('<span class="notice-mark" aria-hidden="true">{}</span>', NOTICES[kind])
    head = format_html('<h2 class="notice-heading">{} {}</h2>', mark, heading) if heading else ""
    return format_html('<div class="notice notice-{}">{}{}</div>', kind, head, content)


@register.simple_tag
def button(text: str, kind: str = "fill", name: str = "", value: str = "") -> SafeString:
    """A submit button: fill, outline, text or danger."""
    given = format_html(' name="{}" value="{}"', name, value) if name else ""
    return format_html('<button type="submit" class="button button-{}"{}>{}</button>', kind, given, text)


@register.simple_tag
def link_button(text: str, url: str, kind: str = "outline") -> SafeString:
    """A link that looks like a button: it goes somewhere, it does nothing."""
    return format_html('<a class="button button-{}" href="{}">{}</a>', kind, url, text)


@register.simple_tag
def count(number: int | None) -> str:
    """135863 → 135,863."""
    return "" if number is None else f"{number:,}"


def day_words(on: date) -> str:
    """令和8年11月21日; for who reads the screens in English 21 November 2026."""
    return to_wareki(on, "long") if get_language() != "en" else dateformat.format(on, "j F Y")


@register.simple_tag
def day(on: date | None) -> SafeString | str:
    """The day in words, with the date for machines."""
    return format_html('<time datetime="{}">{}</time>', on.isoformat(), day_words(on)) if on else ""


@register.simple_tag
def moment(at: datetime | None) -> SafeString | str:
    """Day and time of day in the ward's time: 令和8年11月21日 13:05."""
    if at is None:
        return ""
    local = timezone.localtime(at)
    return format_html(
        '<time datetime="{}">{} {}</time>', local.isoformat(timespec="minutes"), day_words(local.date()),
        f"{local:%H:%M}",
    )  # fmt: skip


@register.simple_tag(takes_context=True)
def current_if(context: Any, yes: object) -> SafeString:
    """``aria-current="page"`` where something is the page that is shown."""
    return SafeString(' aria-current="page"') if yes else SafeString("")


@register.simple_tag
def demo_code(account: Any) -> str:
    """The second factor of this moment, in the demo alone."""
    from azukari.web.signin.views import demo_code as code_of

    return code_of(account) if settings.AZUKARI_DEMO else ""
