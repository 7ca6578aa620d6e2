from django.apps import AppConfig


class KeyingConfig(AppConfig):
    name = "azukari.keying"
    label = "keying"
    verbose_name = "二重入力"
