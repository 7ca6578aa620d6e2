from __future__ import annotations

from threading import Lock

import pytest

from azukari.examinations.hc08 import Schemas

from .documents import HAS_XSD, XSD, AcceptsAll


@pytest.fixture(scope="session")
def schemas() -> Schemas:
    """The ministry's schema where it is at hand, else one that accepts all: what is read does not depend on it."""
    return Schemas.load(XSD) if HAS_XSD else Schemas(AcceptsAll(), Lock())


@pytest.fixture(scope="session")
def real_schemas(schemas: Schemas) -> Schemas:
    if not HAS_XSD:
        pytest.skip("the ministry's XSDs are neither in $AZUKARI_XSD nor in ../shared/xsd")
    return schemas
