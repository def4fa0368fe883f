import { done, err, moltbotError, ok } from "@moltbot/contracts";
import type { Principal, Result, Signer, SigningKey, StoredSigner } from "@moltbot/contracts";
import { houseScope } from "../keep-house.ts";
import { recordedChange } from "../recorded-change.ts";
import { keyOf } from "./open-archive.ts";
import type { PackageParts } from "./ports.ts";

type Parts = Pick<PackageParts, "house" | "signatures">;

const shown =
  (packages: readonly { readonly name: string; readonly signer: SigningKey }[]) =>
  ({ tenantId: _tenant, ...signer }: StoredSigner): Signer => ({
    ...signer,
    packages: packages.filter((one) => one.signer === signer.key).map(({ name }) => name),
  });

/** The keys that are trusted, each with what is installed by it. */
export const listSigners = async ({ house }: Parts, by: Principal): Promise<Result<readonly Signer[]>> => {
  const scope = houseScope(by);
  const signers = await house.store.signers.list(scope);
  if (!signers.ok) return signers;
  const packages = await house.store.packages.list(scope);
  return packages.ok ? ok(signers.value.map(shown(packages.value))) : packages;
};

/** A key as it is to be trusted. */
export interface TrustWish {
  readonly key: SigningKey;
  readonly name: string;
  /** Left out: what it was to the same person until now, and otherwise nobody's own. */
  readonly own?: boolean | undefined;
  /** Whether a key that is trusted already gets another name. */
  readonly rename?: boolean | undefined;
}

/** The name that a key has now; null: it is not trusted. Threat: two keys of one name are one signer to whoever reads a list. */
const nameBefore = (trusted: readonly StoredSigner[], { key, name, rename }: TrustWish): Result<string | null> => {
  const other = trusted.find((one) => one.key !== key && isSameName(one.name, name));
  if (other !== undefined) return err(moltbotError("SIGNER_NAME_TAKEN", { name, key: other.key }));
  const before = trusted.find((one) => one.key === key)?.name ?? null;
  return before === null || before === name || rename === true
    ? ok(before)
    : err(moltbotError("SIGNER_HAS_NAME", { name: before }));
};

/** Names that people take for one: whatever their capitals and the way their letters are put together. */
const isSameName = (one: string, other: string): boolean => plainOf(one) === plainOf(other);
const plainOf = (name: string): string => name.normalize("NFKC").trim().toLowerCase();

/** Takes signatures by a key from now on, recorded first; `was` is the name that it had, where it gets another. */
export const trustSigner = async (
  { house, signatures }: Parts,
  by: Principal,
  wish: TrustWish,
): Promise<Result<Signer & { readonly was: string | null }>> => {
  const { key, name } = wish;
  if (!signatures.isKey(keyOf(key)))
    return err(moltbotError("REQUEST_INVALID", { problem: "this is no Ed25519 key", path: "key" }));
  const scope = houseScope(by);
  const known = await house.store.signers.list(scope);
  if (!known.ok) return known;
  const before = nameBefore(known.value, wish);
  if (!before.ok) return before;
  const was = before.value === name ? null : before.value;
  const mine = known.value.find((one) => one.key === key && one.trustedBy === by.id);
  const own = wish.own ?? mine?.own ?? false;
  const signer: StoredSigner = {
    tenantId: by.tenantId,
    key,
    name,
    own,
    trustedAt: house.clock.now(),
    trustedBy: by.id,
  };
  const trusted = await recordedChange(house, {
    event: {
      event: "signer:trusted",
      actor: by.id,
      fields: { signer: key, own },
      details: { name, ...(was === null ? {} : { was }) },
    },
    widens: true,
    change: () => house.store.signers.put(scope, signer),
  });
  if (!trusted.ok) return trusted;
  const packages = await house.store.packages.list(scope);
  return packages.ok ? ok({ ...shown(packages.value)(signer), was }) : packages;
};

/** Takes no more signatures by a key. SIGNER_IN_USE while something is installed by it: that would be faulty at the next start. */
export const removeSigner = async (
  { house }: Parts,
  by: Principal,
  { key }: { readonly key: SigningKey },
): Promise<Result<Record<string, never>>> => {
  const scope = houseScope(by);
  const removed = await recordedChange(house, {
    event: { event: "signer:removed", actor: by.id, fields: { signer: key } },
    widens: false,
    change: () =>
      house.store.atomically<void>(async (repositories) => {
        const known = await repositories.signers.find(scope, key);
        if (!known.ok) return known;
        const packages = await repositories.packages.list(scope);
        if (!packages.ok) return packages;
        const signed = packages.value.filter(({ signer }) => signer === key).map(({ name }) => name);
        if (signed.length > 0) return err(moltbotError("SIGNER_IN_USE", { packages: signed.join(", ") }));
        const gone = await repositories.signers.remove(scope, key);
        return gone.ok ? done : gone;
      }),
  });
  return removed.ok ? ok({}) : removed;
};
