"""What `made_identifiers` fills: sentences with slots, names, streets and towns. Written for this purpose."""

FIRST = (
    "Marie",
    "Jean",
    "Zoé",
    "Thomas",
    "Inès",
    "Karim",
    "Françoise",
    "Loïc",
    "Amélie",
    "Hugo",
    "Nadia",
    "Océane",
)
LAST = (
    "Dupont",
    "Lefèvre",
    "Garnier",
    "Benali",
    "Le Goff",
    "Moreau",
    "d'Arcy",
    "Schmitt",
    "Rousseau",
    "Petitjean",
)
STREETS = (
    "rue de la Paix", "avenue Jean Jaurès", "boulevard Saint-Michel", "rue des Lilas", "chemin du Moulin", "impasse des Acacias",
    "allée des Tilleuls", "place de la République", "quai Voltaire", "rue du 8 Mai 1945", "av. Victor Hugo", "bd Gambetta",
    "route de Lyon", "cours Lafayette", "rue de l'Église", "rue Jean-Baptiste Clément", "square des Batignolles", "rue d'Alsace",
)  # fmt: skip
ENGLISH_STREETS = (
    "Baker Street",
    "Maple Avenue",
    "Church Road",
    "Elm Lane",
    "Kings Drive",
    "Mill Hill Road",
    "Queens Court",
)
TOWNS = (
    ("75011", "Paris"), ("69003", "Lyon"), ("13008", "Marseille"), ("35000", "Rennes"), ("59800", "Lille"), ("06000", "Nice"),
    ("93200", "Saint-Denis"), ("92100", "Boulogne-Billancourt"), ("44000", "Nantes"), ("13100", "Aix-en-Provence"), ("71100", "Chalon-sur-Saône"),
)  # fmt: skip
FILLERS = (
    "Je suis vraiment déçu du service.", "Merci de faire le nécessaire rapidement.", "C'est inadmissible après 3 semaines d'attente !",
    "J'ai payé 49,90 € pour rien.", "Personne ne répond depuis le 12/03/2024.", "Tout était parfait, bravo à l'équipe.", "I am still waiting for an answer.",
    "On m'a dit d'attendre 48h.", "Le colis de 12 kg est arrivé cassé.", "Appelez avant 18h30 svp.", "Livraison prévue en 2 jours, reçue en 15.",
)  # fmt: skip

TEMPLATES: dict[str, tuple[str, ...]] = {
    "EMAIL": (
        "Mon adresse est {EMAIL}, répondez-moi.", "Écrivez-moi à {EMAIL} merci", "Contact : {EMAIL}.", "you can reach me at {EMAIL}!", "({EMAIL})",
        "mail:{EMAIL}", "J'ai écrit deux fois de {EMAIL} sans réponse", "compte {EMAIL} bloqué", "Meine Adresse ist {EMAIL}",
    ),
    "PHONE": (
        "Rappelez-moi au {PHONE}.", "Mon numéro : {PHONE}", "Tél. {PHONE}", "joignable au {PHONE} après {time}", "j'ai appelé le {PHONE} le {date}", "call me on {PHONE} please",
        "{PHONE}, merci de rappeler", "mon portable ({PHONE}) ne capte pas", "Tel:{PHONE}", "Le {PHONE} sonne toujours occupé !", "{first} {last}\n{PHONE}",
    ),
    "IBAN": (
        "Mon IBAN : {IBAN}", "remboursez sur {IBAN} svp", "IBAN {IBAN} merci de faire vite", "voici mon RIB {IBAN}.", "my account is {IBAN}, thanks", "virement sur le compte {IBAN} toujours pas reçu",
    ),
    "CARD": (
        "Ma carte {CARD} a été débitée de {price}", "CB n° {CARD} expire 12/27", "numéro de carte : {CARD}", "débit sur {CARD} le {date}", "my card {CARD} was charged twice", "paiement avec {CARD} refusé",
    ),
    "NIR": (
        "Mon numéro de sécu est le {NIR}", "n° de sécurité sociale : {NIR}", "NIR {NIR}", "{first} {last}, {NIR}", "Assuré {NIR}, dossier en attente", "carte vitale {NIR} refusée",
    ),
    "SIRET": ("Mon SIRET est {SIRET}", "{first} {last}, plombier, SIRET {SIRET}", "n° siret : {SIRET}", "auto-entrepreneur (SIRET {SIRET})"),
    "PLATE": (
        "Ma voiture immatriculée {PLATE} est au garage", "véhicule {PLATE} accidenté", "plaque {PLATE}", "immatriculation : {PLATE}",
        "mon auto, {PLATE}, rayée sur le parking",
    ),
    "ID": (
        "Ma carte d'identité n° {ID} est périmée", "passeport {ID}", "numéro de passeport : {ID}", "CNI {ID} envoyée deux fois", "my passport number is {ID}", "pièce d'identité numéro {ID}",
        "permis de conduire n° {ID}",
    ),
    "ADDRESS": (
        "J'habite {ADDRESS}.", "livré au {ADDRESS} par erreur", "Adresse : {ADDRESS}", "mon adresse est {ADDRESS}, pas celle du voisin", "I live at {ADDRESS}.", "déposé devant le {ADDRESS} !",
    ),
    "DOB": (
        "je suis né le {DOB}", "née le {DOB} à {town}", "Date de naissance : {DOB}", "ma date de naissance est le {DOB}", "born on {DOB}", "date of birth: {DOB}", "{first}, né(e) le {DOB}",
    ),
    "IP": ("connexion depuis {IP} qui n'est pas moi", "mon adresse IP est {IP}", "IP : {IP}", "someone logged in from {IP}"),
    "URL": ("regardez {URL}", "le lien {URL} ne marche pas", "preuve ici : {URL}.", "({URL})", "{URL} voilà"),
    "ORDER": (
        "ma commande n° {ORDER} n'est jamais arrivée", "Commande {ORDER} annulée", "numéro de commande : {ORDER}", "réf. {ORDER}", "contrat {ORDER} résilié", "dossier n°{ORDER} sans suite",
        "my order #{ORDER} is late", "facture {ORDER} fausse", "sinistre numéro {ORDER} toujours ouvert", "order number {ORDER}", "colis {ORDER} perdu", "commande #{ORDER} du {date}", "N° de dossier {ORDER}",
        "numéro client {ORDER}", "Bestellnummer: {ORDER}",
    ),
    "NOTHING": (
        "payé {price} le {date} à {time}", "version {version} sur {model}", "mon {model} acheté {price} en {year}", "commande du {date} pour {price}, livrée {amount} jours après",
        "contrat signé en {year} à {price} par mois", "{amount} appels en {amount} semaines, {percent} de remise", "ouvert de {time} à {time}", "j'habite à {town} ({code})",
        "dossier ouvert depuis {amount} mois, {price} non remboursés", "commandé {amount} articles le {date}", "attendu {amount} minutes au comptoir",
        "vol de {time} retardé à {time}", "{price} au lieu de {price}", "ma fille de {amount} ans adore", "hausse de {percent} depuis {year}", "rendez-vous le {date} entre {time} et {time}",
        "https://www.exemple.fr/aide/retours ne dit rien", "@Marque toujours rien après {amount} jours", "commande {model} à {price}", "facture de {price}", "table de {amount} places",
    ),
}  # fmt: skip
