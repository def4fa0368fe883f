import type { Span } from "./span.ts";
import { looksRandom } from "./values.ts";

const WEB_TOKEN = "JSON Web Token";

/**
 * Published shapes of keys. Each starts where no letter of its own alphabet stands before it and has no second way to
 * match the same text, so that a hostile page cannot make the search slow.
 */
const SHAPES: readonly (readonly [what: string, shape: RegExp])[] = [
  ["Moltbot token", /(?<![\w-])mb_[\w-]{20,100}/g],
  ["AWS access key", /(?<![A-Za-z0-9])(?:AKIA|ASIA|AGPA|AIDA|AROA|ANPA)[0-9A-Z]{12,32}/g],
  ["GitHub token", /(?<![A-Za-z0-9_])(?:gh[pousr]_[A-Za-z0-9]{16,255}|github_pat_[A-Za-z0-9_]{16,255})/g],
  ["GitLab token", /(?<![\w-])gl(?:pat|dt|rt|ptt|cbt|soat|ft|agent|imt)-[\w.-]{8,300}/g],
  ["Slack token", /(?<![\w-])xox[abeoprs]-[\w-]{8,300}/g],
  ["Slack token", /(?<![\w-])xapp-[\w-]{8,300}/g],
  ["Slack webhook", /(?<=hooks\.slack\.com\/(?:services|workflows)\/)[\w/-]{8,200}/g],
  ["Discord webhook", /(?<=discord(?:app)?\.com\/api\/webhooks\/)[\w/-]{8,200}/g],
  ["Stripe key", /(?<![A-Za-z0-9])(?:sk|rk|pk)_(?:live|test)_\w{6,300}/g],
  ["Stripe webhook secret", /(?<![A-Za-z0-9])whsec_[\w+/=]{8,300}/g],
  ["Anthropic key", /(?<![\w-])sk-ant-[\w-]{6,300}/g],
  ["OpenAI key", /(?<![\w-])sk-(?:proj|svcacct|admin|None)-[\w-]{6,300}/g],
  ["API key", /(?<![\w-])sk-(?:or-)?(?=[A-Za-z-]{0,60}\d)[\w-]{16,300}/g],
  ["Google API key", /(?<![\w-])AIza[\w-]{20,80}/g],
  ["Google OAuth secret", /(?<![\w-])GOCSPX-[\w-]{10,80}/g],
  ["Google OAuth token", /(?<![\w.-])ya29\.[\w-]{16,2000}/g],
  [WEB_TOKEN, /(?<![\w-])eyJ[\w-]{8,8000}\.\r?\n[ \t>]{0,8}eyJ[\w-]{8,16000}(?:\.\r?\n[ \t>]{0,8}[\w-]{8,8000})?/g],
  [WEB_TOKEN, /(?<![\w-])eyJ[\w-]{8,8000}\.[\w-]{8,16000}(?:\.[\w-]{0,8000})?/g],
  ["npm token", /(?<![\w-])npm_[A-Za-z0-9]{20,100}/g],
  ["PyPI token", /(?<![\w-])pypi-[\w-]{16,400}/g],
  ["SendGrid key", /(?<![\w.-])SG\.[\w.-]{8,200}/g],
  ["Hugging Face token", /(?<![\w-])hf_[A-Za-z0-9]{16,100}/g],
  ["Twilio id", /(?<![A-Za-z0-9])(?:AC|SK)[0-9a-f]{32}(?![A-Za-z0-9])/g],
  ["Mailgun key", /(?<![\w-])key-[0-9a-f]{32}/g],
  ["Telegram bot token", /(?<![\w-])\d{8,10}:[\w-]{30,60}/g],
  ["Discord bot token", /(?<![\w.-])[MNO][A-Za-z\d]{22,27}\.[\w-]{6}\.[\w-]{27,50}/g],
  ["Shopify token", /(?<![\w-])shp(?:at|ca|pa|ss)_[0-9a-fA-F]{16,64}/g],
  ["DigitalOcean token", /(?<![\w-])do[opr]_v1_[0-9a-f]{32,80}/g],
  ["Vault token", /(?<![\w-])hv[sbr]\.[\w-]{16,200}/g],
  ["Linear key", /(?<![\w-])lin_(?:api|oauth)_[A-Za-z0-9]{16,100}/g],
  ["Notion token", /(?<![\w-])(?:ntn|secret)_[A-Za-z0-9]{32,80}/g],
  ["age key", /(?<![\w-])AGE-SECRET-KEY-1[A-Z0-9]{40,80}/g],
  ["extended private key", /(?<![A-Za-z0-9])[xyz]prv[A-Za-z0-9]{80,120}/g],
  ["wallet private key", /(?<![A-Za-z0-9])[5KL][1-9A-HJ-NP-Za-km-z]{50,51}(?![A-Za-z0-9])/g],
  ["password hash", /(?<![\w$])\$(?:2[abxy]|[156y]|apr1|argon2(?:id|i|d)|scrypt)\$[\w./$,=+-]{16,300}/g],
  ["Google refresh token", /(?<![\w./-])1\/\/0[\w-]{30,300}/g],
  ["Mailchimp key", /(?<![\w-])[0-9a-f]{32}-us\d{1,2}(?![\w-])/g],
  ["Square token", /(?<![\w-])sq0(?:atp|csp|idp)-[\w-]{16,100}/g],
  ["Doppler token", /(?<![\w.-])dp\.(?:st|pt|ct|sa|scim|audit)\.[\w.-]{16,200}/g],
  ["Atlassian token", /(?<![\w-])AT(?:ATT|CTT|BB)[\w=-]{24,400}/g],
  ["Databricks token", /(?<![\w-])dapi[0-9a-f]{32}(?:-\d)?(?![\w-])/g],
  ["Grafana token", /(?<![\w-])gl(?:sa|c)_[\w+/=-]{24,400}/g],
  ["Pulumi token", /(?<![\w-])pul-[0-9a-f]{40}(?![\w-])/g],
  ["Tailscale key", /(?<![\w-])tskey-[a-z]{2,12}-[\w-]{12,200}/g],
  ["Cloudflare key", /(?<![\w.-])v1\.0-[0-9a-f]{24}-[0-9a-f]{100,200}/g],
  ["Fly token", /(?<![\w-])fm[12][ar]?_[\w+/=-]{24,4000}/g],
  ["Supabase token", /(?<![\w-])sb(?:p|_secret)_[\w-]{20,100}/g],
  ["Figma token", /(?<![\w-])fig[dou]r?_[\w-]{20,200}/g],
  ["Airtable token", /(?<![\w-])pat[A-Za-z0-9]{14}\.[0-9a-f]{64}/g],
  ["model provider key", /(?<![\w-])(?:gsk_|r8_|xai-|pplx-|fw_|tgp_v1_)(?=[A-Za-z-]{0,60}\d)[\w-]{20,200}/g],
];

/** Words that stand directly before what opens a door. */
const ANNOUNCED: readonly (readonly [what: string, shape: RegExp])[] = [
  ["bearer token", /(?<=(?<![A-Za-z])bearer[ \t]{1,4})(?![a-z]{1,16}(?![\w.~+/=-]))[\w.~+/=-]{8,8000}/gi],
  ["basic credentials", /(?<=(?<![A-Za-z])authorization["']?[:=][ \t]{0,4}["']?basic[ \t]{1,4})[\w+/=-]{6,4000}/gi],
  ["password", /(?<=\bidentified (?:with \w{1,40} )?(?:by|as) (?:password )?["'])[^"'\n]{3,200}(?=["'])/gi],
  ["token in an address", /(?<=:\/\/)(?=[\w.~%+-]{0,100}\d)[\w.~%+-]{16,300}(?=@[\w[])/g],
  ["shared access signature", /(?<=[?&;](?:sig|signature|X-Amz-Signature)=)[\w%+/=-]{16,500}/g],
];

/** `scheme://user:PASSWORD@host`; a password may hold an @, so the last one before the host's end counts. */
const ADDRESS = /[a-z][a-z0-9+.-]{1,20}:\/\/([^\s/?#"'`<>:@⟦]{0,200}):([^\s/?#"'`<>⟦]{1,1000})@/gi;

/** Some drivers take a password with `/` or `#` unescaped: after a user name nothing else can stand there. */
const LOOSE_ADDRESS =
  /(?<=(?<![a-z0-9+.-])(?:postgres|postgresql|mysql|mariadb|mongodb|mongodb\+srv|redis|rediss|amqp|amqps|mssql|ftp|smtp|smtps|imap|imaps):\/\/[^\s/?#"'`<>:@⟦]{0,100}:)[^\s"'`<>@⟦]{1,200}(?=@)/gi;

const PEM_BEGIN = /-----BEGIN ([A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?)-----/g;
const ARMOUR_CHARACTER = /[A-Za-z0-9+/=\s\\:,()."-]{0,20000}/y;

/** The lines before an end whose beginning was cut off. */
const BODY_BEFORE_END =
  /(?:^|[\n"])[A-Za-z0-9+/= \t\r\n\\>]{40,20000}-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----/g;
const PUTTY = /(?<=^Private-Lines: ?\d{1,4}[ \t]{0,4}\r?\n)(?:[A-Za-z0-9+/=]{1,128}(?:\r?\n|$)){1,400}/gm;

/** From the first line to the last; a block that was cut off ends where its alphabet does. */
const privateKeys = (text: string): readonly Span[] => {
  const spans: Span[] = [];
  for (const found of text.matchAll(PEM_BEGIN)) {
    if (found.index < (spans.at(-1)?.end ?? 0)) continue;
    const end = `-----END ${found[1] ?? ""}-----`;
    const body = found.index + found[0].length;
    ARMOUR_CHARACTER.lastIndex = body;
    const armour = ARMOUR_CHARACTER.exec(text)?.[0] ?? "";
    const close = armour.indexOf(end);
    const length = close < 0 ? armour.trimEnd().length : close + end.length;
    spans.push({ start: found.index, end: body + length, what: "private key" });
  }
  const headless = [...text.matchAll(PUTTY), ...endsAlone(text)].map((found) => ({
    start: found.index,
    end: found.index + found[0].trimEnd().length,
    what: "private key",
  }));
  return [...spans, ...headless];
};

const endsAlone = (text: string): readonly RegExpExecArray[] =>
  text.includes("PRIVATE KEY") ? [...text.matchAll(BODY_BEFORE_END)] : [];

/** A line that goes on in the next: in a mail, in code that joins pieces. */
const CONTINUED = /=?["'`]?[ \t]{0,8}[+\\.&]{0,2}[ \t]{0,8}\r?\n[ \t>+|]{0,16}["'`]?([\w.+/=-]{4,400})/y;
const JOINED = /["'`][ \t]{0,4}[+.&]?[ \t]{0,4}["'`]([\w.+/=-]{4,400})/y;

/** The end of a key whose rest stands on the next lines. */
const goesOn = (text: string, end: number, token: boolean): number => {
  let at = end;
  for (let lines = 0; lines < 200; lines += 1) {
    const piece = [CONTINUED, JOINED]
      .map((shape) => {
        shape.lastIndex = at;
        return shape.exec(text);
      })
      .find((found) => found !== null);
    const word = piece?.[1] ?? "";
    const broken = /[.=]$/.test(text.slice(at - 1, at + 1).trimEnd()) || text[at] === "=";
    if (piece === undefined || !(broken || looksRandom(word) || (token && /^[\w-]{1,400}\.[\w-]{4,400}/.test(word))))
      break;
    at += piece[0].length;
  }
  return at;
};

const addresses = (text: string): readonly Span[] =>
  [...text.matchAll(ADDRESS)].flatMap((found) => {
    const password = found[2] ?? "";
    const end = found.index + found[0].length - 1;
    return isSlot(password) ? [] : [{ start: end - password.length, end, what: "password in an address" }];
  });

/** What stands in a pattern in place of a password: `<password>`, `${PASSWORD}`, `***`. */
const isSlot = (text: string): boolean =>
  /^(?:\$\{?\w*\}?|\{+\w*\}+|%\w*%?|\*+|x{3,}|\.{3}|password|pass|pwd)$/i.test(text);

/** Keys that are told by their own shape or by what stands directly before them. */
export const shapedSecrets = (text: string): readonly Span[] => [
  ...privateKeys(text),
  ...addresses(text),
  ...[...SHAPES, ...ANNOUNCED, ["password in an address", LOOSE_ADDRESS] as const].flatMap(([what, shape]) => {
    let last = 0;
    return [...text.matchAll(shape)].flatMap((found) => {
      // What an earlier one goes on with is no other: else a page of keys would be read once for each.
      if (found.index < last || isSlot(found[0])) return [];
      const end = found.index + found[0].length;
      last = /token|key/i.test(what) ? goesOn(text, end, what === WEB_TOKEN) : end;
      return [{ start: found.index, end: last, what }];
    });
  }),
];
