import { compareVersions, hostsOf, moltbotError } from "@moltbot/contracts";
import type {
  MoltbotError,
  OpenedPackage,
  PackageContent,
  PackageDifference,
  PackageKind,
  PackageLock,
  PackageRemark,
  PackageVersion,
  Signer,
  SigningKey,
} from "@moltbot/contracts";
import { signalsInAll } from "../signals/index.ts";
import { differenceOf } from "./difference-of.ts";
import { looksLike } from "./looks-like.ts";
import { remarkOf } from "./remark-of.ts";
import { wordsOf } from "./words-of.ts";

/** The one of that kind and name that is installed, as it was signed. */
export interface InstalledPackage {
  readonly version: PackageVersion;
  readonly signer: SigningKey;
  readonly content: PackageContent;
}

/** Names that are somebody's already. */
export interface TakenNames {
  /** First words of the house's own tools. */
  readonly house: readonly string[];
  /** What else is installed. */
  readonly packages: readonly { readonly kind: PackageKind; readonly name: string }[];
}

export interface JudgeWish {
  readonly opened: OpenedPackage;
  /** SHA-256 of the whole file, lower-case hex. */
  readonly digest: string;
  /** Whether its signature is its key's over its bytes. */
  readonly verified: boolean;
  /** The keys that are trusted. */
  readonly signers: readonly Pick<Signer, "key" | "name" | "own">[];
  /** Null: none of that kind and name is. */
  readonly installed: InstalledPackage | null;
  readonly taken: TakenNames;
  /** Where only what a lock names may be installed. */
  readonly lock?: PackageLock | undefined;
}

export interface Judgement {
  /** The gravest first: while there is one, nothing of the package is kept. */
  readonly refusals: readonly MoltbotError[];
  readonly warnings: readonly PackageRemark[];
  /** Whose name its own is taken for: it needs a second word. Null: nobody's. */
  readonly alike: MoltbotError | null;
  readonly difference: PackageDifference | null;
}

/** Names that people look for. A package that has one of them exactly looks like nobody. */
const WELL_KNOWN = [
  "weather",
  "github",
  "gitlab",
  "rss",
  "calendar",
  "gmail",
  "mail",
  "email",
  "outlook",
  "slack",
  "telegram",
  "discord",
  "whatsapp",
  "signal",
  "notion",
  "spotify",
  "google",
  "microsoft",
  "amazon",
  "paypal",
  "stripe",
  "wikipedia",
  "translate",
  "translator",
  "browser",
  "moltbot",
] as const;

const MAIN = { plugin: "main.js", skill: "SKILL.md" } as const satisfies Readonly<Record<PackageKind, string>>;

const withoutMain = ({ kind, files }: PackageContent): readonly MoltbotError[] =>
  files.some((file) => file.path === MAIN[kind] && "text" in file)
    ? []
    : [moltbotError("PACKAGE_INVALID", { problem: `it has no ${MAIN[kind]} as text` })];

const signatureFaults = ({
  opened: {
    content: {
      manifest: { name },
    },
    signature,
  },
  verified,
  signers,
  installed,
}: JudgeWish): readonly MoltbotError[] => {
  if (signature === null) return [moltbotError("PACKAGE_UNSIGNED", { name })];
  if (!verified) return [moltbotError("PACKAGE_ALTERED", { name })];
  const { key } = signature;
  return [
    ...(signers.some((signer) => signer.key === key) ? [] : [moltbotError("SIGNER_UNKNOWN", { name, key })]),
    ...(installed === null || installed.signer === key
      ? []
      : [moltbotError("SIGNER_CHANGED", { name, key, installed: installed.signer })]),
  ];
};

const notNewer = ({ opened, installed }: JudgeWish): readonly MoltbotError[] => {
  const { name, version } = opened.content.manifest;
  return installed === null || compareVersions(version, installed.version) > 0
    ? []
    : [moltbotError("PACKAGE_DOWNGRADE", { name, version, installed: installed.version })];
};

/** Who has the name already; null: nobody. A skill has no tools, so the house's own names are free to it. */
const holderOf = ({ kind, manifest: { name } }: PackageContent, { house, packages }: TakenNames): string | null => {
  if (kind === "plugin" && house.includes(name)) return "tools of the house begin with it";
  const other = packages.find((one) => one.name === name && one.kind !== kind);
  return other === undefined ? null : `a ${other.kind} has it`;
};

const nameTaken = ({ opened: { content }, taken }: JudgeWish): readonly MoltbotError[] => {
  const by = holderOf(content, taken);
  return by === null ? [] : [moltbotError("PACKAGE_NAME_TAKEN", { name: content.manifest.name, by })];
};

const notLocked = ({ opened, digest, lock }: JudgeWish): readonly MoltbotError[] => {
  const { kind, manifest } = opened.content;
  const isLocked = lock?.packages.some(
    (one) =>
      one.kind === kind &&
      one.name === manifest.name &&
      one.version === manifest.version &&
      one.digest === digest &&
      one.signer === opened.signature?.key,
  );
  return isLocked === false
    ? [moltbotError("PACKAGE_NOT_LOCKED", { name: manifest.name, version: manifest.version })]
    : [];
};

const likeness = ({ opened: { content }, installed, taken: { house, packages } }: JudgeWish): MoltbotError | null => {
  const { name } = content.manifest;
  if (installed !== null) return null;
  const other = looksLike(name, [...packages.map((one) => one.name), ...house, ...WELL_KNOWN]);
  return other === null ? null : moltbotError("PACKAGE_LOOKS_LIKE", { name, other });
};

/** An address, a name without a dot, or an ending that only one's own network knows (RFC 6761, 6762, 8375). */
const NEARBY =
  /^(?:\[.*\]|\d+(?:\.\d+){3}|[^.]*|.*\.(?:localhost|local|localdomain|internal|intranet|lan|home|corp|home\.arpa)):\d+$/;

/** Which of its hosts are no public names. They are reached like any other once it is installed, so somebody has to see it. */
const nearbyIn = ({ kind, manifest }: PackageContent): readonly PackageRemark[] => {
  const near = kind === "plugin" ? hostsOf(manifest, { hosts: [] }).filter((host) => NEARBY.test(host)) : [];
  return near.length === 0
    ? []
    : [
        {
          code: "HOST_NEARBY",
          says: `It reaches for what is no public name: ${near.join(", ")}.`,
          next: "Take it only if you know what answers there: it may be a machine of your own, or this gateway.",
        },
      ];
};

const listed = (words: readonly string[]): string =>
  words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} and ${words.at(-1) ?? ""}`;

/** What the detectors notice, each with its count. They mark, and neither take nor refuse anything. */
const noticedIn = (content: PackageContent): readonly PackageRemark[] => {
  const found = signalsInAll(wordsOf(content), { isCanary: () => false });
  return [...new Set(found.map(({ kind }) => kind))].map((kind) => ({
    code: kind === "hidden-text" ? "HIDDEN_TEXT" : "INJECTION_PHRASE",
    says: `Its texts hold ${listed(found.filter((signal) => signal.kind === kind).map(({ says }) => says))}.`,
    next: "Read every text of it before you take it: models read them too.",
  }));
};

/** What speaks for and against a package: installs nothing, and believes nothing that it says of itself. */
export const judgePackage = (wish: JudgeWish): Judgement => {
  const { opened, installed } = wish;
  const alike = likeness(wish);
  return {
    refusals: [
      ...signatureFaults(wish),
      ...notLocked(wish),
      ...withoutMain(opened.content),
      ...nameTaken(wish),
      ...notNewer(wish),
    ],
    warnings: [...(alike === null ? [] : [remarkOf(alike)]), ...nearbyIn(opened.content), ...noticedIn(opened.content)],
    alike,
    difference: installed === null ? null : differenceOf(installed.content, opened.content),
  };
};
