import { err, moltbotError, ok } from "@moltbot/contracts";
import type {
  AccessScope,
  AgentId,
  CapabilityRepository,
  ClockPort,
  PackageFile,
  PrincipalId,
  Result,
  SignerRepository,
  SigningKey,
  SkillLibraryPort,
  SkillManifest,
  SkillOnShelf,
  StoredSigner,
} from "@moltbot/contracts";
import { givesSkill } from "./skill-grants.ts";

/** A skill as it was signed: its digest and its signature were checked before anything of it was read. */
export interface LoadedSkill {
  readonly manifest: SkillManifest;
  readonly files: readonly PackageFile[];
  readonly signer: SigningKey;
}

export interface LibraryPorts {
  /** What is installed at this moment. */
  readonly installed: () => readonly LoadedSkill[];
  readonly signers: Pick<SignerRepository, "list">;
  readonly capabilities: Pick<CapabilityRepository, "ofHolders">;
  readonly clock: Pick<ClockPort, "now">;
}

/**
 * Whether the words of a skill are this person's own: signed as such, by a key of which they said themselves that it is theirs. What
 * another keeper of the house calls their own is nobody else's word.
 */
export const isOwnWords = (
  signer: Pick<StoredSigner, "own" | "trustedBy">,
  { origin }: Pick<SkillManifest, "origin">,
  person: PrincipalId,
): boolean => signer.own && origin === "own" && signer.trustedBy === person;

/** The bytes of a file of a package. */
export const bytesOf = (file: PackageFile): Uint8Array =>
  "text" in file ? Buffer.from(file.text) : Buffer.from(file.base64, "base64");

const missing = (kind: string): Result<never> => err(moltbotError("NOT_FOUND", { kind }));

/** The grants in force by which the person of the scope gave skills to the agent. */
const grantsOf = async ({ capabilities, clock }: LibraryPorts, scope: AccessScope, agentId: AgentId) => {
  const held = await capabilities.ofHolders(scope, [agentId], "skill.read");
  if (!held.ok) return held;
  const now = clock.now();
  return ok(
    held.value.filter(
      ({ issuedBy, expiresAt }) => issuedBy === scope.principalId && (expiresAt === "never" || expiresAt > now),
    ),
  );
};

const shelfItem = (
  { manifest, files, signer: key }: LoadedSkill,
  signers: readonly StoredSigner[],
  person: PrincipalId,
): readonly SkillOnShelf[] => {
  const signer = signers.find((one) => one.key === key);
  // A key that nobody trusts any more speaks for nothing, whatever is installed by it.
  if (signer === undefined) return [];
  return [
    {
      name: manifest.name,
      description: manifest.description,
      trusted: isOwnWords(signer, manifest, person),
      signer: signer.name,
      files: files.map((file) => ({ path: file.path, bytes: bytesOf(file).byteLength })),
    },
  ];
};

/** What was given to an agent, from what is installed. */
export const createSkillLibrary = (ports: LibraryPorts): SkillLibraryPort => {
  const given = async (scope: AccessScope, agentId: AgentId): Promise<Result<readonly LoadedSkill[]>> => {
    const installed = ports.installed();
    if (installed.length === 0) return ok([]);
    const grants = await grantsOf(ports, scope, agentId);
    if (!grants.ok) return grants;
    return ok(
      installed
        .filter(({ manifest }) => grants.value.some((grant) => givesSkill(grant, manifest.name)))
        .toSorted((a, b) => (a.manifest.name < b.manifest.name ? -1 : 1)),
    );
  };
  const of: SkillLibraryPort["of"] = async (scope, agentId) => {
    const skills = await given(scope, agentId);
    if (!skills.ok || skills.value.length === 0) return skills.ok ? ok([]) : skills;
    const signers = await ports.signers.list(scope);
    if (!signers.ok) return signers;
    return ok(skills.value.flatMap((skill) => shelfItem(skill, signers.value, scope.principalId)));
  };
  return {
    of,
    file: async (scope, agentId, name, path) => {
      const shelf = await of(scope, agentId);
      if (!shelf.ok) return shelf;
      if (!shelf.value.some((skill) => skill.name === name)) return missing("skill");
      const skill = ports.installed().find(({ manifest }) => manifest.name === name);
      const file = skill?.files.find((one) => one.path === path);
      return file === undefined ? missing("file") : ok(bytesOf(file));
    },
  };
};
