"""One function per human act, after the numbered arrows of 資料3-1 and the acts that the law asks for."""
