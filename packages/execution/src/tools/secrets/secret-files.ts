import type { JsonValue } from "@moltbot/contracts";
import { plainName } from "./assignments.ts";
import { createValueReader } from "./read-value.ts";
import { nameBefore } from "./read-name.ts";
import type { Span } from "./span.ts";
import { isNoValue, looksRandom } from "./values.ts";

/** Names of files that exist to hold secrets. */
const WHOLE_NAMES = new Set(
  (
    ".netrc _netrc .npmrc .yarnrc .yarnrc.yml .pypirc .pgpass pgpass.conf .my.cnf .htpasswd .git-credentials .dockercfg .dockerconfigjson .boto .s3cfg " +
    "auth-profiles.json auth.json openclaw.json clawdbot.json moltbot.json kubeconfig shadow master.key wp-config.php " +
    "application_default_credentials.json service-account.json serviceaccount.json terraform.tfvars hosts.yml .vault-token .envrc token tokens.json"
  ).split(" "),
);
const LIKE =
  /^(?:\.env.{0,40}|.{1,60}\.env|.{0,60}\.(?:pem|key|p12|pfx|ppk|jks|keystore|kdbx|asc|gpg|age|tfvars|tfstate|ovpn|agekey)|id_(?:rsa|dsa|ecdsa|ed25519)(?:_sk)?|(?:.{0,40}[-_.])?(?:credentials?|creds|secrets?|passwords?|passwd|apikeys?|api[-_]keys?|auth[-_]tokens?|private[-_]keys?)(?:[-_.].{0,40})?)$/i;
/** Sources and pictures speak of secrets in their names; examples hold none. */
const NOT_THESE =
  /\.(?:[cm]?[jt]sx?|py|rb|go|rs|java|kt|swift|c|h|cc|cpp|hpp|cs|php|lua|pl|sh|css|html?|svg|png|jpe?g|pub|example|sample|template|dist|tmpl|lock)$/i;

const nameOf = (path: string): string => path.split(/[/\\]/).at(-1) ?? "";

/** Whether a file of that name is there to hold secrets. */
export const isSecretFile = (path: string): boolean => {
  const name = nameOf(path.trim()).toLowerCase();
  if (WHOLE_NAMES.has(name)) return true;
  if (
    /(?:^|[/\\])(?:secrets?|credentials?|\.(?:aws|ssh|gnupg|kube|docker))[/\\][^/\\]+$/i.test(path) &&
    !/\.(?:pub|md)$|known_hosts/.test(name) &&
    !NOT_THESE.test(name)
  )
    return true;
  return LIKE.test(name) && !NOT_THESE.test(name);
};

export const isSourceFile = (path: string): boolean =>
  /\.(?:[cm]?[jt]sx?|py|rb|go|rs|java|kt|swift|c|h|cc|cpp|hpp|cs|php|lua|pl)$/i.test(path.trim());

const DEEPEST = 6;
const FILE_ARGUMENT = /path|file|command|cmd|uri|url|source|document|name|target/i;

/** The words of a call's arguments that could name a file. */
export const filesNamed = (value: JsonValue, key = "", depth = 0): readonly string[] => {
  if (depth > DEEPEST || value === null) return [];
  if (typeof value === "string") {
    if (!FILE_ARGUMENT.test(key)) return [];
    const words = value.slice(0, 4096).split(/[\s"'`=;|&<>()]+/);
    // A bare word is a name of a file only where it stands alone or has the form of one.
    return words.length === 1 ? words : words.filter((word) => /[./\\]/.test(word));
  }
  if (typeof value !== "object") return [];
  return Object.entries(value).flatMap(([name, item]) =>
    filesNamed(item, Array.isArray(value) ? key : name, depth + 1),
  );
};

const HARMLESS = /^(?:\d{1,5}|\d{4}-\d\d-\d\d.{0,20}|localhost|127\.0\.0\.1|0\.0\.0\.0|-?\d+\.\d+)$/;
const SEPARATOR = /[:=]|\n/g;
const BARE_LINE = /^[ \t]{0,40}([^\s#;/[\]{}(),=:][^\s=:]{3,16000}={0,2})[ \t\r]{0,40}$/;

/** Every value of a file that is there to hold secrets: also those whose name says nothing. */
export const valuesOfSecretFile = (text: string): readonly Span[] => {
  const spans: Span[] = [];
  const reader = createValueReader(text);
  SEPARATOR.lastIndex = 0;
  for (let found = SEPARATOR.exec(text); found !== null; found = SEPARATOR.exec(text)) {
    if (found[0] === "\n") continue;
    const name = nameBefore(text, found.index);
    if (name === null || (!name.first && !name.quoted)) continue;
    const first = reader.at(found.index + 1);
    const value =
      first?.quoted === false && name.first && !name.quoted ? (reader.line(found.index + 1) ?? first) : first;
    if (value === null || isNoValue(value.text) || HARMLESS.test(value.text) || /^[{[|>]/.test(value.text)) continue;
    if (value.text.startsWith("//")) continue;
    spans.push({ start: value.start, end: value.end, what: plainName(name.word) });
    SEPARATOR.lastIndex = Math.max(SEPARATOR.lastIndex, value.end);
  }
  return [...spans, ...linesAlone(text), ...inFields(text)];
};

/** A line that is one word, such as a token in a file of its own. */
const linesAlone = (text: string): readonly Span[] => {
  const spans: Span[] = [];
  let start = 0;
  for (const line of text.split("\n")) {
    const word = BARE_LINE.exec(line)?.[1] ?? "";
    if (word !== "" && !isNoValue(word) && !HARMLESS.test(word) && !/[:=]$|^["'].*["'],?$/.test(word)) {
      const from = start + line.indexOf(word);
      spans.push({ start: from, end: from + word.length, what: "line of a file that holds secrets" });
    }
    start += line.length + 1;
  }
  return spans;
};

const NETRC = /(?<=(?<!\S)(?:password|account|passwd|login)[ \t]{1,8})\S{3,500}/g;
const WORD = /[^\s"',;()[\]{}=:]{6,4096}/g;

const inFields = (text: string): readonly Span[] =>
  [
    ...[...text.matchAll(NETRC)].filter(([word]) => !isNoValue(word)),
    ...[...text.matchAll(WORD)].filter(([word]) => looksRandom(word)),
  ].map((found) => ({
    start: found.index,
    end: found.index + found[0].length,
    what: "word of a file that holds secrets",
  }));
