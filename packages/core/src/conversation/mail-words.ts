/** The words with which mail programs announce somebody else's message, in the languages that their users read. */

/** One of the words, each list of them divided by bars, as the source of a regular expression. */
export const oneOf = (...words: readonly string[]): string => `(?:${words.join("|")})`;

/** Names the sender of a mail. */
export const SENDER = oneOf(
  "from|sender|von|absender|de|expéditeur|remitente|remetente|da|mittente|van|afzender|från|fra|lähettäjä|od",
  "feladó|kimden|gönderen|от|від|από|מאת|من|发件人|寄件者|寄件人|差出人|送信者|보낸 사람",
);

/** Says when a mail was sent; nobody begins a line of an order with it. */
export const SENT = oneOf(
  "sent|gesendet|envoyé|enviado(?: el| em)?|enviada(?: em)?|inviato|verzonden|skickat|sendt|lähetetty",
  "wysłano|odesláno|elküldve|отправлено|надіслано|发送时间|送信日時",
);

/** Says a date, of a mail or of anything. */
export const DATE = oneOf("date|datum|fecha|data|dato|päivä(?:ys)?|дата|tarih|日期|日付|날짜");

/** What else stands in a mail's head, and in what a person dictates too. */
export const OTHER_FIELD = oneOf(
  "to|cc|bcc|an|à|a|para|aan|till|til|do|komu|кому|收件人|宛先|받는 사람|copie(?: à)?|kopie|kopia|copia|cci|抄送",
  "subject|betreff|objet|asunto|assunto|oggetto|onderwerp|ämne|emne|aihe|temat|předmět|tárgy|тема|konu|主题|件名",
  "제목|importance|priority|attachments?|anlagen?|references|organization|user-agent|x-[a-z-]+",
);

/** What only programs write above a mail. */
export const TRANSPORT = oneOf(
  "return-path|received|received-spf|message-id|delivered-to|envelope-to|in-reply-to|mime-version",
  "content-type|content-transfer-encoding|content-disposition|dkim-signature|arc-[a-z-]+",
  "authentication-results|list-[a-z-]+|resent-[a-z-]+|x-[a-z]+-[a-z-]+|reply-to|antwort an|antworten an",
  "répondre à|responder a|rispondi a|antwoord aan|thread-(?:topic|index)",
);

/** Behind somebody's name, before a colon at the end of a line: what follows is theirs. */
export const WROTE = oneOf(
  "wrote|writes|said|says|replied|schrieb|schreibt|sagte|a écrit|écrit|a dit|escribió|escribe|dijo",
  "ha scritto|scrisse|scrive|ha detto|escreveu|escreve|disse|schreef|schrijft|skrev|skriver|kirjoitti",
  "napisała?|pisze|napsala?|írta|a scris|написала?|пишет|написав|пише|έγραψε|yazdı|şunu yazdı",
);
/** The same where no blanks stand between words. */
export const WROTE_BESIDE = oneOf("写道|寫道|說|说|書きました|のメール|작성|כתב|כתבה|كتب");
/** Verbs that stand before the name: “schrieb Mallory:”. */
export const WROTE_BEFORE = oneOf("schrieb|schreef|skrev|kirjoitti|escribió|escreveu");

/** Begin “On Monday, somebody wrote:”, which mail programs break over several lines. */
export const ON = oneOf("on|am|le|el|il|em|op|den|på|dnia|dne|w dniu|в|на|στις|于|在");

/** What a divider above somebody else's message says. */
export const FORWARDED = oneOf(
  "forwarded|original|reply message|weitergeleitete?|ursprüngliche|transféré|réexpédié|d['’]origine",
  "reenviado|encaminhada|inoltrato|originale|oorspronkelijk|doorgestuurd|vidarebefordrat|ursprungligt",
  "videresendt|oprindelig|opprinnelig|välitetty|alkuperäinen|przekazana|oryginalna|přeposlaná|původní",
  "továbbított|eredeti|пересылаемое|исходное|iletilen|özgün|转发|轉寄|原始|転送|元の|전달|원본",
);

/** Above a forwarded message, without a divider. */
export const BEGINS = oneOf(
  "begin forwarded message|anfang der weitergeleiteten nachricht|début du message (?:réexpédié|transféré)",
  "inicio del mensaje reenviado|inizio (?:del )?messaggio inoltrato",
  "início da mensagem (?:encaminhada|reenviada)|begin doorgestuurd bericht|vidarebefordrat brev",
  "videresendt (?:besked|melding)|(?:forwarded|original) message|weitergeleitete nachricht",
  "ursprüngliche nachricht|message (?:transféré|d['’]origine)|mensaje (?:reenviado|original)",
);
