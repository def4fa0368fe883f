/**
 * What a name says about its value: `secret`: whatever stands there; `maybe`: a secret if it looks like one; null: nothing.
 * `phrase`: a secret that may be several words.
 */
export type NameSays = "secret" | "maybe" | "phrase" | null;

const SECRET = new Set(
  (
    "password passwords passwd passwds pwd pwds passwort kennwort contraseña contrasena senha motdepasse passphrase passcode passkey " +
    "secret secrets token tokens apikey apikeys apitoken credential credentials cred creds privatekey privkey accesskey " +
    "secretkey authkey authtoken accesstoken refreshtoken bearer jwt masterkey signingkey encryptionkey licensekey " +
    "clientsecret psk presharedkey appsecret webhooksecret connectionstring ssn cvv cvc dsn keystorepass пароль 密码 密碼 パスワード"
  ).split(" "),
);
const PHRASES = new Set(["passphrase", "mnemonic", "seedphrase", "recoveryphrase"]);
const MAYBE = new Set(
  "pass key keys auth authorization session sessions cookie cookies sid pin salt signature sig hmac otp totp mfa pat login serial".split(
    " ",
  ),
);
/** Before `key`, `id` or `code`: together they name a secret. */
const SECRET_BEFORE: ReadonlyMap<string, ReadonlySet<string>> = new Map(
  Object.entries({
    key: "api access private secret signing encryption master license licence auth service account storage ssh deploy deployment app application shared admin root session jwt crypto hmac subscription",
    keys: "api access private secret signing encryption master license auth ssh deploy",
    phrase: "pass seed recovery secret mnemonic",
    code: "recovery backup access pass",
    codes: "recovery backup access",
    string: "connection",
    number: "security",
    word: "pass",
  }).map(([last, before]) => [last, new Set(before.split(" "))]),
);
const MAYBE_BEFORE_ID = new Set(["session", "sess", "key", "client", "account", "sid"]);
/** A name that ends so is about a secret, and holds none: `token_count`, `password_policy`, `public key`. */
const ABOUT = new Set(
  (
    "count counts length size limit max min maximum minimum type types name names path paths file files filename url uri endpoint policy ttl timeout " +
    "expiry expires expiration expired age hint label field fields header headers prefix suffix format enabled disabled required " +
    "rotation version algorithm alg method mode host domain ref dir folder provider scheme strategy index usage budget used " +
    "cost rate regex pattern input output form page reset manager store storage helper validator generator error errors " +
    "status issuer audience scope scopes env description title text message placeholder"
  ).split(" "),
);
const PUBLIC_BEFORE_KEY = new Set(
  "public primary foreign sort partition cache row map object sub hot hash group recv gpg pgp".split(" "),
);

/** The words of a name: `clientSecret`, `CLIENT_SECRET`, `client-secret` and `Client secret` are the same two. */
export const wordsOf = (name: string): readonly string[] =>
  name
    .slice(-120)
    .replace(/(\p{Ll}|\d)(?=\p{Lu})/gu, "$1 ")
    .replace(/(\p{Lu})(?=\p{Lu}\p{Ll})/gu, "$1 ")
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .map((word) => word.replace(/\d+$/, "") || word)
    .filter((word) => word !== "");

const ofPair = (before: string, last: string): NameSays => {
  if (PHRASES.has(before + last)) return "phrase";
  if (SECRET_BEFORE.get(last)?.has(before) === true || SECRET.has(before + last)) return "secret";
  return last === "id" && MAYBE_BEFORE_ID.has(before) ? "maybe" : null;
};

/** What a name says about the value beside it. */
export const nameSays = (name: string): NameSays => {
  const words = wordsOf(name);
  const last = words.at(-1) ?? "";
  const before = words.at(-2) ?? "";
  // What a variable is for may follow: PASSWORD_PROD, API_KEY_BACKUP, token for ops.
  if (ABOUT.has(last)) return null;
  if (last.startsWith("key") && PUBLIC_BEFORE_KEY.has(before)) return null;
  const pair = ofPair(before, last);
  if (pair !== null) return pair;
  if (PHRASES.has(last)) return "phrase";
  if (SECRET.has(last)) return "secret";
  if (last === "pass" && before !== "") return "secret";
  if (before === "key" && last === "base" && words.at(-3) === "secret") return "secret";
  if (WRITTEN_TOGETHER.test(last)) return "secret";
  if (MAYBE.has(last)) return "maybe";
  // PASSWORD_PROD, "SSN for verification": but a file or a function that deals with tokens is no token.
  if (!/^[A-Z][A-Z\d_]*$|\s/.test(name)) return null;
  return words.slice(-6, -1).some((word, at, all) => SECRET.has(word) || ofPair(all[at - 1] ?? "", word) !== null)
    ? "maybe"
    : null;
};

/** `dbpassword`, `PGPASSWORD`, `pgpass`: words that nobody set apart. */
const WRITTEN_TOGETHER =
  /^[a-z]{2,20}(?:password|passwd|passwort|passphrase|apikey|secretkey|privatekey|accesskey|accesstoken|authtoken|clientsecret)$|^(?:db|pg|my|sql|smtp|ftp|ssh|root|admin|user|mail|redis|mongo|wifi)(?:pass|pwd|pw)$/;

const VAULTS = new Set(
  "credentials credential creds secrets secret auth authentication apikeys passwords accesskeys".split(" "),
);
const COLLECTIONS = new Set("keys tokens vault accounts".split(" "));

/** What a name says about everything that stands under it. */
export const saysOfContent = (name: string): NameSays => {
  const words = wordsOf(name);
  const [last, pair] = [words.at(-1) ?? "", words.slice(-2).join("")];
  if (VAULTS.has(last) || VAULTS.has(pair)) return "secret";
  return COLLECTIONS.has(last) ? "maybe" : null;
};
