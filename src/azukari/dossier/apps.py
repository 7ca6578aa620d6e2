from django.apps import AppConfig


class DossierConfig(AppConfig):
    name = "azukari.dossier"
    label = "dossier"
    verbose_name = "付議書"
