"""Texts that no customer wrote: auto-replies, bounces, notices of ticket systems.

A customer who complains about « encore une réponse automatique » must not be taken for one: only forms that machines
write count, at the start of a line or sentence near the top, or absences with a second sign.
"""

import re

_LOOKED_AT = 1500  # characters: machines come to the point
_ABSENCE_LENGTH = 900
_RECEIPT_LENGTH = 700
_PLACEHOLDER = re.compile(r"\[[A-Z]+(?::[a-z]+)?\]")
_SAYS_SOMETHING = re.compile(r"[^\s.,;\-_/\\*'\"|<>()\[\]{}=+~#•·\ufffd]")

# Without one of these no rule can hold; they cost a tenth of the rules.
_HINTS = (
    "automat", "absen", "out of", "out-of", "leave", "vacation", "vacances", "congé", "déplacement", "arrêt",
    "urlaub", "deliver", "remise", "remis", "mailer", "mail system", "returned mail", "ticket", "request",
    "demande", "dossier", "incident", "case ", "above this line", "au-dessus de cette",
    "would you rate", "valueriez", "please type",
    "abwesen", "fuera de", "ausente", "assente", "fuori", "unzustell", "away from", "accusons", "avons bien re",
    "bien été", "have received", "bureau", "büro", "indisponible",
)  # fmt: skip

_LINE = r"(?:^|\n)\W{0,5}"
_SENTENCE = r"(?:^|[\n.!] ?)"
_SUBJECT = r"(?:^|\n)\s{0,3}(?:(?:objet|subject|sujet|betreff|asunto|oggetto|re|tr|aw)\s?:\s?){0,2}\W{0,5}"


def _any(*forms: str) -> re.Pattern[str]:
    return re.compile("|".join(forms), re.IGNORECASE)


_AUTO_REPLY = _any(
    _SUBJECT + r"(?:(?:r[ée]ponse|message|notification) (?:automatique|d'absence)(?: d'absence)?"
    r"|auto(?:matic|mated)?[- ]?(?:reply|response)|out[- ]of[- ](?:the[- ])?office|absence du bureau"
    r"|(?:message|avis) d'absence|abwesenheits(?:notiz|meldung)|automatische antwort|respuesta autom[áa]tica"
    r"|fuera de la oficina|risposta automatica|fuori ufficio)\W{0,3}(?:\s?[:\-–—]|\n|$|\s?re\s?:)",
    _SENTENCE
    + r"(?:ceci|il s'agit|cette r[ée]ponse|ce (?:message|courriel|mail)) (?:est |d')?(?:une? )?r[ée]ponse "
    r"(?:est )?automatique",
    _SENTENCE + r"this is an? auto(?:matic|mated|-)?[- ]?(?:generated )?(?:reply|response)",
    _SENTENCE + r"dies ist eine automatische (?:antwort|nachricht)",
    _SENTENCE + r"esta es una respuesta autom[áa]tica",
)
_ABSENT = _any(
    r"\bje (?:suis|serai) (?:actuellement |momentan[ée]ment |pr[ée]sentement )?(?:absente?|en cong[ée]s?|en vacances"
    r"|hors du bureau|en d[ée]placement|en arr[êe]t|indisponible)",
    r"\bactuellement (?:absente?|en cong[ée]s?)",
    r"\bi(?:'m| am| will be) (?:currently )?(?:out of (?:the )?office|on (?:annual |parental |sick )?leave"
    r"|on vacation"
    r"|away from (?:my desk|the office))",
    r"\bich bin (?:derzeit |zurzeit |bis )?[^\n.]{0,30}(?:nicht im (?:b[üu]ro|haus)|abwesend|im urlaub)",
    r"\bestar[ée] (?:ausente|fuera)",
    r"\bsono (?:assente|fuori)",
)
_SECOND_SIGN = _any(
    r"mon absence|cas d'urgence|toute urgence|caract[èe]re urgent|mon retour|[àa] compter du",
    r"acc[èe]s (?:limit[ée] )?[àa] (?:mes|ma) (?:e-?mail|mail|messagerie|courriel)",
    r"votre (?:message|courriel|mail|e-mail)|je (?:vous r[ée]pondrai|prendrai connaissance|reviendrai vers)",
    r"(?:my|upon) (?:return|absence)|(?:limited|no) access to (?:my )?e-?mail|urgent (?:matter|request|quer)",
    r"your (?:message|e-?mail)|in dringenden|ihre (?:nachricht|e-?mail)|su (?:mensaje|correo)|urgenze|suo messaggio",
    r"please contact|(?:veuillez|merci de) contacter|transf[ée]r[ée]s?",
)
_MACHINE = _any(
    _SUBJECT
    + r"(?:delivery status notification|undeliver(?:ed mail|able)|mail delivery (?:failed|subsystem|system)"
    r"|returned mail|delivery has failed|message not delivered|unzustellbar|this is the mail system|mailer-daemon"
    r"|your message (?:could not be|couldn't be|wasn't|was not) delivered|non remis\b"
    r"|[ée]chec de (?:la )?(?:remise|distribution)|(?:remise|distribution) (?:du message )?impossible"
    r"|votre message n'a pas pu [êe]tre (?:remis|d[ée]livr[ée]|distribu[ée])"
    r"|##-? ?(?:please type|veuillez [ée]crire|merci de)|please (?:type|reply) (?:your reply )?above this line"
    r"|r[ée]pondez au-dessus de cette ligne)",
    _LINE + r"(?:ticket|request|incident|case|demande|dossier)\s?(?:n[°o]\.?\s?|#|id\s?:?\s?)?"
    r"(?:\[ORDER(?::[a-z]+)?\]|#?[A-Z]{0,4}-?\d{3,})[^\n.]{0,80}?"
    r"\s(?:has been|was|is now|a [ée]t[ée]|est d[ée]sormais|a bien [ée]t[ée])\s"
    r"(?:successfully |automatically |automatiquement )?"
    r"(?:created|closed|resolved|solved|merged|updated|assigned|received|cr[ée][ée]e?|ferm[ée]e?|cl[ôo]tur[ée]e?"
    r"|r[ée]solue?|fusionn[ée]e?|mise? [àa] jour|assign[ée]e?|enregistr[ée]e?)",
    r"(?:^|\n)[^\n]{0,80}\bwas closed and merged into (?:this )?request",
    _SENTENCE + r"(?:ceci|il s'agit|cet? (?:message|e-?mail|courriel)) (?:est |d'|a [ée]t[ée] )?"
    r"(?:un (?:message|e-?mail|courriel) )?(?:envoy[ée] |g[ée]n[ée]r[ée] )?automatique(?:ment)?\b"
    r"[^\n]{0,80}(?:ne (?:pas|peut|peuvent)|merci de ne|veuillez ne|n'y r[ée]pond|r[ée]pondre)",
    _SENTENCE
    + r"this (?:is an? (?:automated|automatic|auto-generated|system[- ]generated) (?:message|e-?mail"
    r"|notification)|(?:message|e-?mail) (?:was|is|has been) (?:automatically |auto-?)(?:generated|sent))",
    _LINE + r"(?:how would you rate the (?:support|help)|comment [ée]valueriez-vous l'(?:aide|assistance))",
)
# A customer may quote these in a complaint: they count only at the top of a short text.
_RECEIVED = _any(
    r"(?:nous (?:avons bien re[çc]u|accusons (?:bonne )?r[ée]ception de) votre (?:demande|message|courriel|e-?mail"
    r"|mail"
    r"|r[ée]clamation)|votre (?:demande|message|r[ée]clamation)[^\n]{0,50} a bien [ée]t[ée] (?:prise?|re[çc]ue?"
    r"|enregistr[ée]e?|transmise?)|(?:we have received your|your) (?:request|message|enquiry|inquiry"
    r"|ticket)[^\n]{0,50}"
    r"(?:has been (?:received|created|logged)|and will (?:get back|respond"
    r"|reply)))[^\n]{0,300}(?:\n[^\n]{0,300}){0,4}?"
    r"(?:sous la r[ée]f[ée]rence|num[ée]ro de (?:ticket|dossier|suivi)|dans les (?:meilleurs|plus brefs) d[ée]lais"
    r"|nos (?:conseillers|[ée]quipes|services)|ticket|as soon as possible|shortly|within \d+|our (?:team|support)"
    r"|reference number)"
)


def skip_reason(text: str) -> str | None:
    """`auto_reply`, `machine_written`, or None for a text that a person wrote."""
    top = text[:_LOOKED_AT]
    low = top.lower()
    if not any(hint in low for hint in _HINTS):
        return None
    if _AUTO_REPLY.search(top) or _says_absent(text):
        return "auto_reply"
    return "machine_written" if _MACHINE.search(top) or _is_receipt(text) else None


def _says_absent(text: str) -> bool:
    """An absence near the start, with a second sign that nobody writes to a company of which he is a customer."""
    return len(text) < _ABSENCE_LENGTH and bool(_ABSENT.search(text[:250]) and _SECOND_SIGN.search(text))


def _is_receipt(text: str) -> bool:
    """« Nous avons bien reçu votre demande … dans les meilleurs délais »."""
    return (
        len(text) < _RECEIPT_LENGTH and (found := _RECEIVED.search(text)) is not None and found.start() < 160
    )


def nothing_left(text: str) -> bool:
    """Whether `text` says nothing: no letter, digit, emoji or mark of feeling outside placeholders."""
    return not _SAYS_SOMETHING.search(_PLACEHOLDER.sub("", text) if "[" in text else text)
