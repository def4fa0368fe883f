import type { ArgumentRole } from "@moltbot/contracts";

const set = (words: string): ReadonlySet<string> => new Set(words.split(" "));

/** A sentence with one of these may say the opposite (English, German, French, Spanish). */
const NEGATIONS = set(
  "not never no nor neither none nobody nothing without except unless cannot cant dont doesnt wont shouldnt mustnt but " +
    "instead rather avoid stop cancel ignore block refuse skip forget unsubscribe beware prevent forbid spam phishing scam " +
    "nicht nichts nie niemals niemand kein keine keinen keinem keiner keines ohne außer ausser statt anstatt sondern " +
    "vermeide ignoriere blockiere vergiss ne pas jamais aucun aucune sans sauf ni rien personne nunca jamás sin excepto " +
    "salvo ningún ninguno ninguna nadie nada tampoco",
);

/** Whether a sentence denies something. */
export const isDenied = (words: readonly string[]): boolean =>
  words.some((word) => NEGATIONS.has(word) || word.endsWith("n't") || /^(?:n'|d'aucun)/u.test(word));

/** Tales, conditions and reports are no orders: they say who was written to, or would be. */
const TALES = set(
  "sent wrote written forwarded replied received got gave said says saying asked told claims claimed wants wanted wrote " +
    "mentioned did had has was were been if when whenever whether until till once before after because since why who whom " +
    "gesendet geschickt geschrieben gesagt sagte schrieb bekommen erhalten hat hatte war wurde wenn falls ob sobald bevor " +
    "nachdem weil warum wer envoyé écrit dit reçu était avait si quand lorsque parce pourquoi qui enviado escrito dijo " +
    "recibido cuando porque quién",
);

/** Whether a sentence tells, asks for a reason or makes a condition rather than giving an order. */
export const isTale = (words: readonly string[]): boolean => words.some((word) => TALES.has(word));

/** What stands before a value of this role: `prepositions` directly, `verbs` too where they are used as verbs. */
export interface Introduction {
  readonly prepositions: ReadonlySet<string>;
  readonly verbs: ReadonlySet<string>;
}

const NOTHING: ReadonlySet<string> = new Set();
const SENDING =
  "tell invite message email e-mail mail notify contact ask text ping call remind cc bcc add " +
  "informiere frage benachrichtige einlade maile ergänze invite préviens contacte avisa invita contacta";

/** "Send bob@example.org the plan": what is no plain word may stand directly behind these too. */
export const GIVING = set("send forward give schicke schick sende envoie envoyer manda envía enviar");

/** A role that has no entry here is introduced by nothing. */
export const INTRODUCTIONS: Readonly<Partial<Record<ArgumentRole, Introduction>>> = {
  recipient: {
    prepositions: set("to for with cc bcc an für mit à au aux pour avec para a con recipient empfänger destinataire"),
    verbs: set(SENDING),
  },
  account: {
    prepositions: set("to into account iban konto compte cuenta auf an nach"),
    verbs: NOTHING,
  },
  amount: {
    prepositions: set("amount of betrag montant importe zahle überweise"),
    verbs: set("pay send transfer spend give tip bezahle paie verse paga"),
  },
  url: {
    prepositions: set("at url link page site from seite unter von adresse lien página enlace"),
    verbs: set(
      "open fetch read get visit load download see check summarise summarize browse crawl öffne lies hol lade besuche zeige " +
        "ouvre lis charge visite abre lee visita",
    ),
  },
  path: {
    prepositions: set(
      "in into to file folder path inside under datei ordner pfad nach unter fichier dossier dans archivo carpeta en",
    ),
    verbs: set("read open show append edit lies öffne zeige lis ouvre abre lee"),
  },
  command: {
    prepositions: set("command befehl commande"),
    verbs: set("run execute start führe starte lance exécute ejecuta"),
  },
  identifier: {
    prepositions: set(
      "id number nr issue ticket order invoice case pr nummer bestellung rechnung vorgang numéro commande pedido",
    ),
    verbs: NOTHING,
  },
  time: { prepositions: set("in at by on um am à en a las"), verbs: NOTHING },
};

/** Directly or further before a value, these give it another role than the one asked about. */
const OTHER = set(
  "from about by via regarding re concerning of like as through per using subject against between despite behalf versus vs " +
    "named called signed author sender von vom über durch wegen bezüglich betreff laut gegen zwischen namens als wie " +
    "de du des par selon concernant sur contre entre del por según sobre",
);

/** A path may be read from; whether it is, another word must say. */
const SOURCES = set("from von de du");

/** Whether the word gives a value another role. */
export const isOther = (role: ArgumentRole, word: string): boolean =>
  OTHER.has(word) &&
  INTRODUCTIONS[role]?.prepositions.has(word) !== true &&
  !((role === "path" || role === "content") && SOURCES.has(word));

/** "According to Bob", "belongs to Bob", "search for Bob": the preposition does not make Bob a recipient. */
const MISLEADING = set(
  "according due thanks belong belongs belonging listen listening similar next compared prior related opposed owing relative " +
    "reference referring refers respect regard search searching look looking wait waiting check checking watch watching filter " +
    "meeting met met talk talked chat conversation deal dealing wrong agree agreed apply happened replies answers suche such " +
    "warte denke glaube erinnere grâce face rapport merci busca buscar gracias respecto",
);
/** "With Bob" makes Bob a recipient only where something is shared. */
const WITH = set("with mit avec con");
const SHARING = set("share teile teilen partage comparte");
/** These name recipients by themselves. */
const HEADINGS = set("cc bcc recipient empfänger destinataire");
/** What hands something to somebody. "The mails to Bob" are no order, so a preposition needs one of these before it. */
const HANDING = set(
  "send forward write tell say give share invite deliver reply respond submit schicke schick sende schreibe schreib leite " +
    "sage sag gib teile antworte envoie écris transfère réponds donne manda envía escribe reenvía responde " +
    "envoyer écrire transférer répondre mandar enviar escribir reenviar responder",
);
/** These hand something over only where they are used as verbs. */
const PERHAPS_HANDING = set("mail email e-mail message post text note copy answer add pass maile");

const handsOver = (before: readonly string[]): boolean =>
  before.some((word, i) => HANDING.has(word) || (PERHAPS_HANDING.has(word) && isVerbAtEnd(before.slice(0, i + 1))));

/** Whether a preposition, seen with the words before it, does not really introduce a recipient. */
export const isMisleading = (preposition: string, before: readonly string[]): boolean => {
  if (MISLEADING.has(before.at(-1) ?? "")) return true;
  if (HEADINGS.has(preposition) || before.length === 0) return false;
  return WITH.has(preposition) ? !before.some((word) => SHARING.has(word)) : !handsOver(before);
};

/** A word such as "mail" is a verb at the start and behind these; elsewhere it is a thing. */
const BEFORE_VERB = set(
  "please and then to you can could also now just kindly bitte und dann auch jetzt puis et y luego por-favor",
);

/** Whether the word that ends `before` is used as a verb. */
export const isVerbAtEnd = (before: readonly string[]): boolean => {
  const previous = before.at(-2);
  return previous === undefined || BEFORE_VERB.has(previous);
};

/** What may follow a plain word without making it longer: "to Bob that…", not "to Bob Miller". */
const FOLLOWING = set(
  "that and or the a an my this these those please about to at on in by now today tomorrow tonight with for und oder dass die " +
    "der das den bitte heute morgen um am im mit über für et ou que le la les un une s'il ce cette y o el los las hoy",
);

/** Whether what follows a plain word ends it. */
export const endsWord = (after: string): boolean => {
  if (/^\s*$/u.test(after) || /^["'”’»)\]}>]*[.,;:!?]/u.test(after)) return true;
  const next = bareWordOf(after);
  return next !== null && FOLLOWING.has(next);
};

/** The next word when it is written in small letters; null otherwise: a capital may carry a name on. */
const bareWordOf = (after: string): string | null => {
  const word = /^["'”’»)\]}>]*\s+(\S+)/u.exec(after)?.[1] ?? "";
  const plain = word.replace(/[.,;:!?]+$/u, "");
  return plain !== "" && plain === plain.toLowerCase() ? plain : null;
};
