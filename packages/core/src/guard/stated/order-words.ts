/** The words by which an order is told from what only looks like one (English, German, French, Spanish). */
const set = (words: string): ReadonlySet<string> => new Set(words.split(" "));

/** Words that may stand before the verb of an order and change nothing. */
export const SOFT = set(
  "please kindly now then also just first next ok okay yes sure bitte jetzt dann auch zuerst ja gut mal s'il te vous plaît " +
    "maintenant puis oui por favor ahora luego sí",
);
/** What may open a message before its order. */
export const GREETING = set("hi hello hey hallo moin bonjour salut hola");
/** Orders put as a question. "Would you write to her?" asks for an opinion, unless it says please. */
export const ASKING: readonly (readonly string[])[] = [
  ["can", "you"],
  ["could", "you"],
  ["would", "you", "please"],
  ["would", "you", "kindly"],
  ["peux-tu"],
  ["pourrais-tu"],
  ["pouvez-vous"],
  ["pourriez-vous"],
  ["puedes"],
  ["podrías"],
];

/** Words that open a clause of their own, whose subject is somebody else or whose verb is no order. */
export const SUBORDINATE = set(
  "that which who whom whose what if when whenever whether where why how because since while until unless although though " +
    "whatever whoever would should must may might will shall i he she we they you one people users customers clients everyone " +
    "everybody anyone anybody someone somebody dass daß welche welcher welches wenn falls ob wie weil während bis damit ich er " +
    "wir man jemand soll sollte würde qui que qu'il quand lorsque dont où je il elle nous ils on quien cuando donde como yo él " +
    "nosotros ellos alguien",
);
/** In what is to be said or when, a clause may stand, but no condition. */
export const CONDITIONAL = set("if when whenever whether unless until wenn falls ob bis quand lorsque si cuando");

/** Verbs between the order's own and the value: somebody else does it, or another thing is done. */
export const ACTING =
  /^(?:send|write|forward|tell|ask|give|say|invite|submit|deliver|respond|remind|transfer|wire|pay|mail|email|message|owe|allow|belong|go|come|give)(?:s|es|ing)$|^(?:send|write|forward|tell|ask|give|say|invite|submit|deliver|respond|remind|wire|pay|owe|goes|does|block|hide|delete|remove|schicken|senden|schreiben|zahlen|schickt|sendet|schreibt|envoyer|écrire|envoie|écrit|enviar|escribir|envía|escribe)$/u;
/** "Addressed to", "belonging to": what stands before the preposition takes it. */
export const TAKING =
  /(?:ed|ing)$|^(?:mails?|emails?|e-mails?|messages?|letters?|transfers?|payments?|repl(?:y|ies)|links?|invitations?|lists?|access|answers?|visits?|ways?|calls?|notes?|talks?|threads?|trips?|complaints?|responses?|refunds?|debts?|orders?|invoices?|bills?|attacks?|nachricht(?:en)?|brief[es]?|überweisung(?:en)?|antwort(?:en)?|einladung(?:en)?|zahlung(?:en)?|zugang|messages?|lettres?|virements?|paiements?|réponses?|liens?|courriels?|correos?|mensajes?|cartas?|transferencias?|pagos?|respuestas?|enlaces?|close|due|next|similar|known|used|sent|open)$/u;
/** "Write a mail to Bob" makes the mail; "the mail to Bob" is there already. */
export const MAKING = set("send write post schicke schick schreibe schreib sende envoie écris manda envía escribe");
/** Something new. */
export const INDEFINITE = set("a an eine einen ein une un una");

/** Before these, something else than the value is named: what follows is not the verb's own. */
export const TOWARDS = set(
  "to for with cc bcc für mit zu zum zur à au aux pour avec para con about regarding concerning re via by per using against " +
    "between über durch wegen bezüglich contre sur sobre contra",
);
/** After "to", a thing or a person; anything else is an infinitive. */
export const DETERMINER =
  /^(?:the|a|an|my|our|your|his|her|their|its|this|that|these|me|us|him|them|it|all|both|der|die|das|den|dem|mein\p{L}*|unser\p{L}*|le|la|les|mon|ma|mes|el|los|las|mi|mis)$/u;
/** What looks like an address or a long number. */
export const ADDRESS = /[@#]|:\/\/|\d{5}/u;
/** Where something comes from. */
export const SOURCE = set("from of von vom aus de du des d'");
/** What joins two orders. */
export const JOINING = set("and und et y then dann puis luego");

/** What may follow a value in an order: anything else may be the verb of a sentence that only looks like one. */
export const FOLLOWING = set(
  "zusammen weiter that and then the a an my our your his her their this these please about to at on in by now today tomorrow tonight with for " +
    "into from as via again immediately soon asap via me us und dann dass die der das den dem bitte heute morgen jetzt um am im " +
    "mit über für ein eine einen zu et puis que le la les un une s'il ce cette aujourd'hui demain pour avec de y luego el los las " +
    "hoy mañana por para con",
);
/** Behind an order, these make it a question or a judgement about it. */
export const REMARK = set(
  "is isn't are was were which who he she they i ich er okay ok right safe allowed or oder ou forbidden wrong correct",
);

/** German writes every noun with a capital, so that a capital tells no subject. */
export const GERMAN_VERB =
  /^(?:schick|sende$|schreib|leit|sag|gib|teil|antwort|maile$|bezahl|zahl|überweis|öffn|lies|hol|speicher|leg)/u;

/** What is said follows these directly. */
export const SAYING = set("say note save remember sag sage notiere merke dis note di anota");
export const REMINDING = set("remind remember erinnere rappelle recuérdame");
export const THAT = set("that dass daß que");
export const TO_DO = set("to zu de d' me mich daran");
