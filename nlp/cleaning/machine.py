"""Texts that no customer wrote: auto-replies, bounces, notices of ticket systems.

A customer who complains about « encore une réponse automatique » must not be taken for one: only forms that machines
write count, at the start of a line near the top, or absences with a second sign.
"""

import re

_LOOKED_AT = 1500  # characters: machines come to the point
_PLACEHOLDER = re.compile(r"\[[A-Z]+(?::[a-z]+)?\]")
_SAYS_SOMETHING = re.compile(r"[^\s.,;\-_/\\*'\"|<>()\[\]{}=+~#•·\ufffd]")

_HINT = re.compile(
    r"automat|absen|out of|office|cong[ée]|vacation|annual leave|d[ée]placement|deliver|undeliver|remi[st]|mailer|ticket"
    r"|request|demande|above this line|au-dessus de cette ligne|rate the|bounce|merged|abwesen|fuera de|unzustell|do not reply"
    r"|ne pas r[ée]pondre",
    re.IGNORECASE,
)
_SUBJECT = r"(?:^|\n)\s*(?:(?:objet|subject|sujet|betreff|asunto|oggetto|re|tr|aw)\s?:\s?){0,2}"
_AUTO_REPLY = re.compile(
    _SUBJECT
    + r"\W{0,3}(?:(?:r[ée]ponse|message|notification) (?:automatique|d'absence)(?: d'absence)?|auto(?:matic|mated)?[- ]?(?:reply|response)"
    r"|out[- ]of[- ](?:the[- ])?office|absence du bureau|message d'absence|avis d'absence|abwesenheits(?:notiz|meldung)|automatische antwort"
    r"|respuesta autom[áa]tica|fuera de la oficina|risposta automatica|fuori ufficio)\W{0,3}(?:\s?[:\-–—]|\n|$|\s?re\s?:)"
    r"|(?:^|[\n.!] ?)(?:ceci|il s'agit|cette r[ée]ponse|ce (?:message|courriel|mail)) (?:est |d')?(?:une? )?r[ée]ponse (?:est )?automatique"
    r"|(?:^|[\n.!] ?)this is an? auto(?:matic|mated|-)?[- ]?(?:generated )?(?:reply|response)"
    r"|(?:^|[\n.!] ?)dies ist eine automatische (?:antwort|nachricht)|(?:^|[\n.!] ?)esta es una respuesta autom[áa]tica",
    re.IGNORECASE,
)
_ABSENT = re.compile(
    r"\bje (?:suis|serai) (?:actuellement |momentan[ée]ment |pr[ée]sentement )?(?:absente?|en cong[ée]s?|en vacances|hors du bureau|en d[ée]placement"
    r"|en arr[êe]t|indisponible)|\bactuellement (?:absente?|en cong[ée]s?)"
    r"|\bi(?:'m| am| will be) (?:currently )?(?:out of (?:the )?office|on (?:annual |parental |sick )?leave|on vacation|away from (?:my desk|the office))"
    r"|\bich bin (?:derzeit |zurzeit |bis )?[^\n.]{0,30}(?:nicht im (?:b[üu]ro|haus)|abwesend|im urlaub)|\bestar[ée] (?:ausente|fuera)|\bsono (?:assente|fuori)",
    re.IGNORECASE,
)
_SECOND_SIGN = re.compile(
    r"mon absence|cas d'urgence|toute urgence|caract[èe]re urgent|mon retour|[àa] compter du|acc[èe]s (?:limit[ée] )?[àa] (?:mes|ma) (?:e-?mail|mail|messagerie|courriel)"
    r"|votre (?:message|courriel|mail|e-mail)|je (?:vous r[ée]pondrai|prendrai connaissance|reviendrai vers)|(?:my|upon) (?:return|absence)"
    r"|(?:limited|no) access to (?:my )?e-?mail|urgent (?:matter|request|quer)|your (?:message|e-?mail)|in dringenden|ihre (?:nachricht|e-?mail)"
    r"|su (?:mensaje|correo)|urgenze|suo messaggio|please contact|veuillez contacter|merci de contacter|transf[ée]r[ée]s?",
    re.IGNORECASE,
)
_MACHINE = re.compile(
    _SUBJECT + r"\W{0,5}(?:delivery status notification|undeliver(?:ed mail|able)|mail delivery (?:failed|subsystem|system)|returned mail"
    r"|delivery has failed|your message (?:could not be|couldn't be|wasn't|was not) delivered|message not delivered"
    r"|[ée]chec de (?:la )?(?:remise|distribution)|non remis\b|votre message n'a pas pu [êe]tre (?:remis|d[ée]livr[ée]|distribu[ée])"
    r"|(?:remise|distribution) (?:du message )?impossible|unzustellbar|this is the mail system|mailer-daemon"
    r"|##-? ?(?:please type|veuillez [ée]crire|merci de)|[-=#\s]{0,6}(?:please (?:type|reply) (?:your reply )?above this line|r[ée]pondez au-dessus de cette ligne))"
    r"|(?:^|\n)\W{0,3}(?:ticket|request|incident|case|demande|dossier)\s?(?:n[°o]\.?\s?|#|id\s?:?\s?)?"
    r"(?:\[ORDER(?::[a-z]+)?\]|#?[A-Z]{0,4}-?\d{3,})[^\n.]{0,80}?\s(?:has been|was|is now|a [ée]t[ée]|est d[ée]sormais|a bien [ée]t[ée])\s"
    r"(?:successfully |automatically |automatiquement )?"
    r"(?:created|closed|resolved|solved|merged|updated|assigned|received|cr[ée][ée]e?|ferm[ée]e?|cl[ôo]tur[ée]e?|r[ée]solue?|fusionn[ée]e?|mise? [àa] jour|assign[ée]e?|enregistr[ée]e?)"
    r"|(?:^|\n)[^\n]{0,80}\bwas closed and merged into (?:this )?request"
    r"|(?:^|[\n.!] ?)(?:ceci|il s'agit|cet? (?:message|e-?mail|courriel)) (?:est |d'|a [ée]t[ée] )?(?:un (?:message|e-?mail|courriel) )?"
    r"(?:envoy[ée] |g[ée]n[ée]r[ée] )?automatique(?:ment)?\b[^\n]{0,80}(?:ne (?:pas|peut|peuvent)|merci de ne|veuillez ne|n'y r[ée]pond|r[ée]pondre)"
    r"|(?:^|[\n.!] ?)this (?:is an? (?:automated|automatic|auto-generated|system[- ]generated) (?:message|e-?mail|notification)"
    r"|(?:message|e-?mail) (?:was|is|has been) (?:automatically |auto-?)(?:generated|sent))"
    r"|(?:^|\n)[^\n]{0,80}(?:nous (?:avons bien re[çc]u|accusons (?:bonne )?r[ée]ception de) votre (?:demande|message|courriel|e-?mail|mail|r[ée]clamation)"
    r"|votre (?:demande|message|r[ée]clamation)[^\n]{0,50} a bien [ée]t[ée] (?:prise?|re[çc]ue?|enregistr[ée]e?|transmise?)"
    r"|(?:we have received your|your) (?:request|message|enquiry|inquiry|ticket)[^\n]{0,50}(?:has been (?:received|created|logged)|and will (?:get back|respond|reply)))"
    r"[^\n]{0,300}(?:\n[^\n]{0,300}){0,4}?"
    r"(?:sous la r[ée]f[ée]rence|num[ée]ro de (?:ticket|dossier|suivi)|dans les (?:meilleurs|plus brefs) d[ée]lais|nos (?:conseillers|[ée]quipes|services)|ticket|"
    r"as soon as possible|shortly|within \d+|our (?:team|support)|reference number)"
    r"|(?:^|\n)\W{0,3}(?:how would you rate the (?:support|help)|comment [ée]valueriez-vous l'(?:aide|assistance))",
    re.IGNORECASE,
)


def skip_reason(text: str) -> str | None:
    """`auto_reply`, `machine_written`, or None for a text that a person wrote."""
    top = text[:_LOOKED_AT]
    if not _HINT.search(top):
        return None
    if _AUTO_REPLY.search(top) or (_ABSENT.search(top) and _SECOND_SIGN.search(top) and len(text) < _LOOKED_AT):
        return "auto_reply"
    return "machine_written" if _MACHINE.search(top) else None


def nothing_left(text: str) -> bool:
    """Whether `text` says nothing: no letter, digit, emoji or mark of feeling outside placeholders."""
    return not _SAYS_SOMETHING.search(_PLACEHOLDER.sub("", text) if "[" in text else text)
