import type { ArgumentRole } from "@moltbot/contracts";

const set = (words: string): ReadonlySet<string> => new Set(words.split(" "));

const SEND =
  "send mail email e-mail write forward reply respond answer text message share invite cc bcc post tell say give submit " +
  "deliver notify contact ping schicke schick sende schreibe schreib leite sage sag gib teile antworte maile informiere " +
  "benachrichtige lade envoie envoyez écris transfère réponds donne préviens contacte invite partage manda envía escribe " +
  "reenvía responde avisa contacta invita comparte";
const PAY = "pay transfer wire send give spend tip donate bezahle zahle überweise paie paye verse vire paga transfiere";
const READ =
  "open fetch read get visit load download look see check summarise summarize browse crawl show compare go öffne lies hol " +
  "lade besuche zeige vergleiche fasse ouvre lis charge visite résume compare abre lee visita carga resume";

/** The verbs that order something with a value of this role, in the imperative. A role without an entry is ordered by none. */
const BY_ROLE: Readonly<Partial<Record<ArgumentRole, ReadonlySet<string>>>> = {
  recipient: set(SEND),
  account: set(PAY),
  amount: set(PAY),
  url: set(READ),
  path: set(
    `${READ} send append edit write save put store add print attach schreibe speichere lege sende schicke schick hänge ` +
      "écris enregistre envoie ajoute escribe guarda envía manda añade",
  ),
  command: set("run execute start launch führe starte lance exécute ejecuta"),
  identifier: set(
    `${READ} close reopen resolve find track update assign merge review print schließe suche cierra ferme`,
  ),
  time: set(
    "remind wake set start do send check tell ask ping alert notify call schedule erinnere wecke stelle rappelle recuérdame " +
      "avísame",
  ),
  content: set(
    `${SEND} remind note save remember append add put erinnere notiere merke speichere rappelle note recuérdame anota guarda`,
  ),
};

/** Behind these, what somebody else shall do may follow: only a value directly behind the verb is the assistant's to reach. */
export const ADDRESSING = set(
  "tell ask remind invite notify contact let have get make help frage bitte erinnere informiere benachrichtige lade sage sag " +
    "préviens contacte demande invite rappelle avisa contacta invita pide recuérdame avísame",
);

/** After "can you", French and Spanish say the verb in the infinitive. */
const INFINITIVES: Readonly<Partial<Record<ArgumentRole, ReadonlySet<string>>>> = {
  recipient: set(
    "schicken senden mailen schreiben weiterleiten antworten envoyer écrire transférer répondre enviar escribir reenviar responder mandar",
  ),
  account: set("verser virer payer transferir pagar"),
  amount: set("verser virer payer transferir pagar"),
  url: set("ouvrir lire résumer visiter abrir leer resumir visitar"),
  path: set("ouvrir lire abrir leer"),
};

/** Every verb that may open a sentence whose later clause orders something. */
const OPENING = new Set(
  Object.values(BY_ROLE)
    .flatMap((verbs) => [...verbs])
    .concat("find", "search", "collect", "suche", "sammle", "cherche", "busca"),
);

/** Whether the word orders something with a value of this role. */
export const ordersRole = (role: ArgumentRole, word: string, asked: boolean): boolean =>
  BY_ROLE[role]?.has(word) === true || (asked && INFINITIVES[role]?.has(word) === true);

/** Whether the word can open an order at all. */
export const opensOrder = (word: string): boolean => OPENING.has(word);
