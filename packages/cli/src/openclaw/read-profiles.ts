import { z } from "zod";
import { usualOf } from "../secret-sources/provider-hosts.ts";
import { isPlaceholder, LONGEST_SECRET, secretNameOf } from "../secret-sources/secret-names.ts";
import type { FoundSecret } from "./found.ts";
import { member, members } from "./relaxed-json.ts";
import type { Value } from "./relaxed-json.ts";

const SIGNED_IN = "a sign-in that renews itself: sign in anew";
const ELSEWHERE = "it only names where the value is kept";

/** A credential of a model's provider, as every generation keeps them under an id of its own. */
const Profile = z.object({
  type: z.string().optional(),
  provider: z.string().max(100).optional(),
  key: z.string().max(LONGEST_SECRET).optional(),
  token: z.string().max(LONGEST_SECRET).optional(),
  access: z.string().max(65_536).optional(),
  expires: z.number().optional(),
});

const instantOfMilliseconds = (at: number | undefined): string | null =>
  at === undefined || at <= 0 || at > 8.64e15 ? null : new Date(at).toISOString();

const foundIn = (path: string, id: string, value: Value): readonly FoundSecret[] => {
  const read = Profile.safeParse(value);
  if (!read.success) return [];
  const { type, key, token, access, expires } = read.data;
  const provider = read.data.provider ?? id.split(":")[0] ?? id;
  const usual = usualOf(provider);
  const isSignIn = type === "oauth" || (key === undefined && token === undefined && access !== undefined);
  const text = isSignIn ? (access ?? "") : (key ?? token ?? "");
  const why = text === "" || isPlaceholder(text) ? ELSEWHERE : isSignIn ? SIGNED_IN : null;
  return [
    {
      name: secretNameOf(id),
      value: text,
      kind: token === undefined ? "api-key" : "token",
      provider: usual?.provider ?? provider,
      hosts: usual?.hosts ?? [],
      expiresAt: isSignIn ? null : instantOfMilliseconds(expires),
      at: [{ path, where: id }],
      left: why,
    },
  ];
};

/**
 * The credentials in a store of profiles (`auth-profiles.json`, `auth.json`, `oauth.json`, or a row of a database): id or provider →
 * credential, in later versions under `profiles`.
 */
export const secretsInProfiles = (path: string, store: Value | undefined): readonly FoundSecret[] => {
  const profiles = member(store, "profiles") ?? store;
  return members(profiles).flatMap(([id, value]) => foundIn(path, id, value));
};
