import { ok } from "@moltbot/contracts";
import type {
  PackageKind,
  PackageLock,
  PackageReport,
  Principal,
  Result,
  StoredPackage,
  StoredSigner,
} from "@moltbot/contracts";
import { judgePackage, remarkOf, touchesOf } from "@moltbot/core/packages";
import type { Judgement } from "@moltbot/core/packages";
import { houseScope } from "../keep-house.ts";
import { bytesOf } from "./skill-library.ts";
import { checkStored } from "./open-archive.ts";
import type { Arrival } from "./open-archive.ts";
import type { PackageParts } from "./ports.ts";

/** A package beside everything that it is judged by. */
export interface JudgedArrival {
  readonly arrival: Arrival;
  readonly judgement: Judgement;
  readonly signers: readonly StoredSigner[];
  /** The installed one of its kind and name; null: none. */
  readonly before: StoredPackage | null;
}

type Judging = Pick<PackageParts, "house" | "signatures" | "hash">;

/** First words of the tools that are the house's own. */
const houseWords = ({ house }: Judging): readonly string[] => [
  ...new Set(
    house.tools
      .catalog()
      .filter(({ plugin }) => plugin === undefined)
      .map(({ name }) => name.split(".")[0] ?? name),
  ),
];

/** What is installed of that kind and name. */
export const isOf =
  (kind: PackageKind, name: string) =>
  (stored: Pick<StoredPackage, "kind" | "name">): boolean =>
    stored.kind === kind && stored.name === name;

/** Judges what came by what is installed and trusted at this moment. Keeps nothing. */
export const judgeArrival = async (
  parts: Judging,
  by: Pick<Principal, "id" | "tenantId">,
  arrival: Arrival,
  lock: PackageLock | undefined,
): Promise<Result<JudgedArrival>> => {
  const scope = houseScope(by);
  const signers = await parts.house.store.signers.list(scope);
  if (!signers.ok) return signers;
  const installed = await parts.house.store.packages.list(scope);
  if (!installed.ok) return installed;
  const { kind, manifest } = arrival.opened.content;
  const before = installed.value.find(isOf(kind, manifest.name)) ?? null;
  const sound = before === null ? null : checkStored(parts, before, signers.value);
  const judgement = judgePackage({
    opened: arrival.opened,
    digest: arrival.digest,
    verified: arrival.verified,
    signers: signers.value,
    installed:
      sound === null || !sound.ok
        ? null
        : {
            version: sound.value.stored.version,
            signer: sound.value.stored.signer,
            content: sound.value.opened.content,
          },
    taken: { house: houseWords(parts), packages: installed.value },
    lock,
  });
  // What is installed and is not itself any more is compared with nothing: first it has to go.
  const refusals = sound === null || sound.ok ? judgement.refusals : [...judgement.refusals, sound.error];
  return ok({ arrival, judgement: { ...judgement, refusals }, signers: signers.value, before });
};

/** The same as a report for people. */
export const reportOf = ({ arrival, judgement, signers }: JudgedArrival): PackageReport => {
  const { opened, digest, bytes } = arrival;
  const { content, signature } = opened;
  const signer = signers.find(({ key }) => key === signature?.key);
  return {
    kind: content.kind,
    name: content.manifest.name,
    version: content.manifest.version,
    digest,
    bytes: bytes.length,
    signer:
      signature === null ? null : { key: signature.key, trusted: signer !== undefined, name: signer?.name ?? null },
    manifest: content.manifest,
    files: content.files.map((file) => ({ path: file.path, bytes: bytesOf(file).length })),
    touches: touchesOf(content, { hosts: [], secrets: {} }),
    refusals: judgement.refusals.map(remarkOf),
    warnings: judgement.warnings,
    difference: judgement.difference,
  };
};
