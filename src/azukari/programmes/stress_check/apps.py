from django.apps import AppConfig


class StressCheckConfig(AppConfig):
    name = "azukari.programmes.stress_check"
    label = "stress_check"
    verbose_name = "職員のストレスチェック"

    def ready(self) -> None:
        from azukari.custody import erasure, gate

        from . import result_work, work  # noqa: F401 - their jobs are known from then on
        from .steps import retention
        from .steps.consents import standing

        erasure.AFTER_RESTORE.append(retention.erase_again)
        gate.keep_from_ward(self.label, ("stress_answers",), standing)
