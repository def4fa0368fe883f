import { usualOf, usualOfName } from "../secret-sources/provider-hosts.ts";
import type { Usual } from "../secret-sources/provider-hosts.ts";
import {
  isPlaceholder,
  kindOfName,
  LONGEST_SECRET,
  looksSecret,
  secretNameOf,
} from "../secret-sources/secret-names.ts";
import type { FoundSecret } from "./found.ts";
import { member, members } from "./relaxed-json.ts";
import type { Value } from "./relaxed-json.ts";

/** What opens the old assistant itself, or what strangers prove themselves by to it, is of no use here. */
const ITS_OWN =
  /^(gateway|hooks|cron|auth|meta|wizard|session|logging|bindings)\b|webhookSecret|signingSecret|verifyToken/;
/** A name that sounds like a secret and holds none. */
const NO_SECRET =
  /(maxTokens|tokens|keyPath|publicKey|sessionKey|mainKey|primaryKey|keyRef|tokenRef|apiKeyEnv|envKey)$/i;
const MOST = 2_000;

/** Where the value is sent, by a neighbour that says so: a base URL over TLS. */
const hostBeside = (parent: Value | undefined): readonly string[] => {
  const url = [member(parent, "baseUrl"), member(parent, "baseURL")].find((one) => typeof one === "string");
  if (typeof url !== "string" || !URL.canParse(url)) return [];
  const { protocol, host } = new URL(url);
  return protocol === "https:" && host !== "" ? [host.toLowerCase()] : [];
};

/** What is known without a word that names a provider. */
const BY_PLACE: readonly (readonly [RegExp, string])[] = [
  [/^tools\.web\.search\.apiKey$/, "brave"],
  [/^talk\.apiKey$/, "elevenlabs"],
];

const usualAt = (path: string): Usual | null => {
  const placed = BY_PLACE.find(([pattern]) => pattern.test(path));
  return placed === undefined ? usualOfName(path) : usualOf(placed[1]);
};

/** A short name: the provider's and the last word, or the place. */
const nameAt = (path: string, usual: Usual | null): string => {
  const words = path.split(".");
  const last = words.at(-1) ?? path;
  const account = /\.accounts\.([^.]+)\./.exec(path)?.[1];
  // A variable says by itself whose it is.
  if (path.startsWith("env.") || path.includes(".env.")) return secretNameOf(last);
  return secretNameOf(
    usual === null ? path : [usual.provider, account, last].filter((word) => word !== undefined).join("-"),
  );
};

interface Leaf {
  readonly path: string;
  readonly name: string;
  readonly value: string;
  readonly parent: Value;
}

const leavesOf = (value: Value | undefined, path: string, parent: Value, name: string): readonly Leaf[] => {
  if (typeof value === "string") return [{ path, name, value, parent }];
  if (Array.isArray(value))
    return value.flatMap((item: Value, at) => leavesOf(item, `${path}[${String(at)}]`, parent, name));
  return members(value).flatMap(([key, item]) =>
    leavesOf(item, path === "" ? key : `${path}.${key}`, value ?? null, key),
  );
};

/** The secrets that stand in settings as plain text; a reference to a variable or to a store of secrets is none. */
export const secretsInConfig = (file: string, config: Value | undefined): readonly FoundSecret[] =>
  leavesOf(config, "", null, "")
    .filter(({ name, value }) => looksSecret(name) && !NO_SECRET.test(name) && value.length <= LONGEST_SECRET)
    .filter(({ value }) => !isPlaceholder(value))
    .slice(0, MOST)
    .map(({ path, name, value, parent }) => {
      const own = ITS_OWN.test(path);
      const usual = own ? null : usualAt(path);
      const beside = own ? [] : hostBeside(parent);
      return {
        name: nameAt(path, usual),
        value,
        kind: kindOfName(name),
        provider: usual?.provider ?? null,
        hosts: beside.length > 0 ? beside : (usual?.hosts ?? []),
        expiresAt: null,
        at: [{ path: file, where: path }],
        left: own ? "it opens the old assistant itself, or is checked when somebody calls it" : null,
      };
    });
