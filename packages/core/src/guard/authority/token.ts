import { err, moltbotError, ok } from "@moltbot/contracts";
import type {
  Capability,
  CapabilityId,
  CapabilityReach,
  CryptoPort,
  Instant,
  MoltbotError,
  Result,
} from "@moltbot/contracts";
import { canonicalText } from "../canonical.ts";
import { authorityOf, meet, normalForm, oneReach, reachesOf } from "./authority.ts";
import type { Authority, ConversationOf } from "./authority.ts";
import { expiryOf, faultOf } from "./in-force.ts";
import { readCaveat, readToken, tokenText } from "./token-text.ts";
import type { Caveat, TokenParts, TokenRoot } from "./token-text.ts";

/*
 * Tokens narrow as macaroons do: Birgisson, Politz, Erlingsson, Taly, Vrable, Lentczner, "Macaroons: Cookies with Contextual
 * Caveats for Decentralized Authorization in the Cloud", NDSS 2014. The signature is the last link of a chain of HMACs, whose
 * first link needs the vault's key and whose next ones need only the link before: whoever holds a token can add a caveat, and
 * nobody can go back a link.
 */

type MacWith = CryptoPort["macWith"];

/** What opening a token looks at. */
export interface OpenFacts {
  readonly find: (id: CapabilityId) => Capability | undefined;
  readonly now: Instant;
  readonly epoch: number;
  /** Left out where turns are not known; a token narrowed to a conversation and a turn then opens nothing. */
  readonly conversationOf?: ConversationOf;
}

/** What a genuine token stands for. */
export interface OpenedToken {
  /** The capability within all caveats; its id stays, so that uses count for it. */
  readonly capability: Capability;
  /**
   * The same as it was granted. A caveat is the word of whoever held the token and can only forbid: what counts as fixed by
   * the owner is read here.
   */
  readonly granted: Capability;
}

const NONCE_BYTES = 16;

const invalid = (problem: string): MoltbotError => moltbotError("CAPABILITY_TOKEN_INVALID", { problem });

const firstLink = (crypto: Pick<CryptoPort, "mac">, root: TokenRoot): string | null => {
  const { capabilityId, holder, epoch, issuedAt, nonce } = root;
  const text = canonicalText({ binds: "capability-token/1", capabilityId, holder, epoch, issuedAt, nonce });
  return text === null ? null : crypto.mac("capability-token", text);
};

const nextLink = (macWith: MacWith, link: string | null, caveat: Caveat): string | null => {
  const text = canonicalText(caveat);
  return link === null || text === null ? null : macWith(link, text);
};

const linkOf = (crypto: Pick<CryptoPort, "mac" | "macWith">, { root, caveats }: Omit<TokenParts, "signature">) =>
  caveats.reduce<string | null>(
    (link, caveat) => nextLink((key, bytes) => crypto.macWith(key, bytes), link, caveat),
    firstLink(crypto, root),
  );

const written = (parts: Omit<TokenParts, "signature">, signature: string | null): Result<string> => {
  const text = signature === null ? null : tokenText({ ...parts, signature });
  return text === null ? err(invalid("it would be too long, or have too many caveats")) : ok(text);
};

/** A token for a capability that is in force, narrowed by the caveats. It is worth what the capability is worth when it is opened. */
export const issueToken = (
  crypto: Pick<CryptoPort, "mac" | "macWith" | "randomText">,
  capability: Capability,
  caveats: readonly Caveat[],
  { now, epoch }: { readonly now: Instant; readonly epoch: number },
): Result<string> => {
  const fault = faultOf(capability, epoch, now);
  if (fault !== null) return err(invalid(fault));
  const expired = expiryOf(capability.tool, capability.expiresAt, now);
  if (expired !== null) return err(expired);
  if (!caveats.every((caveat) => readCaveat(caveat) !== null)) return err(invalid("a caveat is of no known kind"));
  const parts = {
    root: {
      capabilityId: capability.id,
      holder: capability.holder,
      epoch,
      issuedAt: now,
      nonce: crypto.randomText(NONCE_BYTES),
    },
    caveats,
  };
  return written(parts, linkOf(crypto, parts));
};

/** The token with one more caveat. Needs no key of ours, so a holder does it offline; whether the token is genuine is not looked at. */
export const narrowToken = (macWith: MacWith, token: string, caveat: Caveat): Result<string> => {
  const parts = readToken(token);
  if (parts === null) return err(invalid("it cannot be read"));
  const read = readCaveat(caveat);
  if (read === null) return err(invalid("a caveat is of no known kind"));
  return written({ root: parts.root, caveats: [...parts.caveats, read] }, nextLink(macWith, parts.signature, read));
};

/** Each caveat as the authority that it leaves of another; null when it leaves nothing. */
const within = (authority: Authority | null, caveat: Caveat, holder: Capability["holder"]): Authority | null => {
  if (authority === null) return null;
  switch (caveat.kind) {
    case "constraint":
      return normalForm({ ...authority, constraints: [...authority.constraints, caveat.constraint] });
    case "expires":
      return meet(authority, { ...authority, expiresAt: caveat.at });
    case "permissions":
      return meet(authority, { ...authority, permissions: caveat.permissions });
    case "reach":
      return normalForm({ ...authority, reaches: [...authority.reaches, ...reachesOf(caveat.reach)] });
    case "holder-is":
      return caveat.holder === holder ? authority : null;
    case "tool":
      return caveat.tool === authority.tool ? authority : null;
    default:
      return null;
  }
};

const narrowed = (granted: Capability, authority: Authority, reach: CapabilityReach): Capability => ({
  ...granted,
  permissions: authority.permissions,
  constraints: authority.constraints,
  release: authority.release,
  rights: authority.rights,
  reach,
  expiresAt: authority.expiresAt,
});

const genuine = (crypto: Pick<CryptoPort, "mac" | "macWith" | "equal">, parts: TokenParts): boolean => {
  const signature = linkOf(crypto, parts);
  return signature !== null && crypto.equal(signature, parts.signature);
};

const openParts = (parts: TokenParts, facts: OpenFacts): Result<OpenedToken> => {
  const { root, caveats } = parts;
  const granted = facts.find(root.capabilityId);
  if (granted === undefined || granted.id !== root.capabilityId) return err(invalid("its capability is not known"));
  if (granted.holder !== root.holder) return err(invalid("its capability is somebody else's"));
  const fault =
    faultOf(granted, facts.epoch, facts.now) ?? faultOf({ ...root, revokedAt: null }, facts.epoch, facts.now);
  if (fault !== null) return err(invalid(fault));

  const authority = caveats.reduce((left, caveat) => within(left, caveat, granted.holder), authorityOf(granted));
  const reach = authority === null ? null : oneReach(authority.reaches, facts.conversationOf ?? (() => undefined));
  if (authority === null || reach === null) return err(invalid("its caveats leave nothing"));
  const expired = expiryOf(granted.tool, authority.expiresAt, facts.now);
  return expired === null ? ok({ capability: narrowed(granted, authority, reach), granted }) : err(expired);
};

/**
 * What a token from outside stands for now. Total, and refuses whatever is not genuine to the last byte, whose capability was
 * revoked or ended with an epoch, or has a caveat of an unknown kind (CAPABILITY_TOKEN_INVALID); CAPABILITY_EXPIRED when
 * nothing is wrong but the time.
 */
export const openToken = (
  crypto: Pick<CryptoPort, "mac" | "macWith" | "equal">,
  token: string,
  facts: OpenFacts,
): Result<OpenedToken> => {
  const parts = readToken(token);
  if (parts === null) return err(invalid("it cannot be read"));
  if (!genuine(crypto, parts)) return err(invalid("its signature is not ours"));
  return openParts(parts, facts);
};
