import { ROLES, TokenId, covers, err, moltbotError, ok, ownScope, roleSuffices } from "@moltbot/contracts";
import type {
  Identified,
  IdentityPort,
  Instant,
  OperationOutput,
  OperationPattern,
  Principal,
  Proof,
  Result,
  Role,
  RoleCover,
  SignedRequest,
  StoredToken,
} from "@moltbot/contracts";
import { DAY, SECRET_BYTES } from "./counter.ts";
import type { Counter } from "./counter.ts";
import type { Holders, LookUp } from "./holders.ts";
import { createKnownGood } from "./known-good.ts";
import { thumbprintOf } from "./dpop-proofs.ts";
import { createRefusals } from "./refusals.ts";
import { narrowedBy } from "./role-cover.ts";
import { createSignedRequests } from "./signed-requests.ts";
import type { BoundKey, SignedRequests } from "./signed-requests.ts";
import { OF_SIGNATURES, createSpentProofs } from "./spent-proofs.ts";
import type { SpentProofs } from "./spent-proofs.ts";
import { createUsedAhead } from "./used-ahead.ts";

const TOKEN = /^mb_[A-Za-z0-9_-]{43}$/;

type CreateToken = IdentityPort["createToken"];

/** What tests alone replace, to show what each one stops. */
export interface TokenControls {
  readonly spentSignatures?: SpentProofs;
  readonly signed?: SignedRequests;
}

export interface Tokens extends Pick<IdentityPort, "byToken" | "checkBody"> {
  /**
   * A new token; its text is returned once and never stored. `from` is what asks for it: no token makes one with more role,
   * wider scopes, better words or a longer life than its own.
   */
  createToken(...wish: [...Parameters<CreateToken>, from?: Proof]): ReturnType<CreateToken>;
  /** The person's own tokens, without their text. */
  listTokens(by: Principal): Promise<Result<OperationOutput<"tokens.list">>>;
  /** Revokes a token of the person's own and all that were made with it at once, also where it was remembered; NOT_FOUND for everybody else's. */
  revokeToken(by: Principal, id: TokenId): Promise<Result<void>>;
}

/** Whether everything that one pattern names is named by the others. */
const isWithin = (pattern: OperationPattern, patterns: readonly OperationPattern[]): boolean =>
  patterns.includes("*") || patterns.includes(pattern) || (!pattern.endsWith("*") && covers(patterns, pattern));

/** The weaker of what the token was made for and what its person is now. */
const weaker = (one: Role, other: Role): Role => (ROLES.indexOf(one) < ROLES.indexOf(other) ? one : other);

/** Why what was asked with `from` may not make such a token. */
const widens = (
  by: Principal,
  wish: Parameters<CreateToken>[1],
  from: Proof | undefined,
): ReturnType<typeof moltbotError> | undefined => {
  if (!roleSuffices(by.role, wish.role))
    return moltbotError("ROLE_INSUFFICIENT", { required: wish.role, role: by.role });
  if (from === undefined) return undefined;
  const { scopes, integrity, roleCovers } = from;
  const left = roleCovers === undefined ? undefined : wish.scopes?.find((pattern) => !isWithin(pattern, roleCovers));
  if (left !== undefined) return moltbotError("ROLE_LEAVES_OUT", { operation: left });
  const outside = scopes === null ? undefined : (wish.scopes ?? ["*"]).find((pattern) => !isWithin(pattern, scopes));
  if (outside !== undefined) return moltbotError("SCOPE_INSUFFICIENT", { operation: outside });
  if (integrity === "untrusted" && wish.integrity === "authority")
    return moltbotError("SCOPE_INSUFFICIENT", { operation: "words of your own" });
  // Or a stolen moment of a machine would outlive its key.
  return from.kind === "token" && from.strong && (wish.key ?? null) === null
    ? moltbotError("SCOPE_INSUFFICIENT", { operation: "tokens that need no signature" })
    : undefined;
};

type Described = OperationOutput<"tokens.list">[number];

/** Money is kept in whole millionths, so that sums are exact. */
const MILLION = 1_000_000;

/** What the token may use by itself, as it is kept. */
const limitsOf = ({ tokensPerDay = null, moneyPerDay = null }: Parameters<CreateToken>[1]) => ({
  ...(tokensPerDay === null ? {} : { tokensPerDay }),
  ...(moneyPerDay === null ? {} : { moneyPerDay: Math.round(moneyPerDay * MILLION) }),
});

/** A token as its person may see it. */
const describe = async (token: StoredToken): Promise<Described> => {
  const { id, name, role, scopes, integrity, key, createdAt, expiresAt, revokedAt, lastUsedAt } = token;
  return {
    id,
    name,
    role,
    scopes: scopes === null ? null : [...scopes],
    integrity,
    thumbprint: key === null ? null : await thumbprintOf(key),
    ...(token.tokensPerDay === undefined ? {} : { tokensPerDay: token.tokensPerDay }),
    ...(token.moneyPerDay === undefined ? {} : { moneyPerDay: token.moneyPerDay / MILLION }),
    createdAt,
    expiresAt,
    revokedAt,
    lastUsedAt,
  };
};

/** Strong where it is bound to a key: nobody is given it then without a signature. */
const identifiedBy = (token: StoredToken & RoleCover): Identified => {
  const { id, principal, role, scopes, integrity, key, createdAt, roleCovers } = token;
  return Object.freeze({
    principal: Object.freeze({ ...principal, role: weaker(role, principal.role) }),
    proof: Object.freeze({
      kind: "token",
      id,
      strong: key !== null,
      at: createdAt,
      scopes,
      integrity,
      personRole: principal.role,
      ...narrowedBy(roleCovers),
    }),
  });
};

/**
 * Bearer tokens: `mb_` and 32 random bytes in base64url. A token carries its own role, never more than its person's. One that is bound
 * to a key is nobody's without a signature by it over the very request.
 */
export const createTokens = (
  counter: Counter,
  { remember }: Holders,
  controls: TokenControls = {},
): { readonly tokens: Tokens; readonly lookUp: LookUp } => {
  const { repository, crypto, signatures, clock, ids, cache, verifierOf, later, usable, isStale, note } = counter;
  const { record, locked, refuse } = counter;
  const { spentSignatures = createSpentProofs(clock, OF_SIGNATURES) } = controls;
  const { signed = createSignedRequests(counter, spentSignatures) } = controls;
  const noteRefusal = createRefusals(counter);
  const knownGood = createKnownGood(repository, clock);
  const keys = new WeakMap<Proof, BoundKey>();
  const ahead = createUsedAhead<TokenId>(clock, (id, at) => repository.touchToken(id, at));

  const find = async (verifier: string): Promise<Result<Identified | "unknown" | "over">> => {
    const remembered = cache.find(verifier);
    if (remembered !== undefined) return ok(remembered);
    const generation = cache.generation();
    const found = await repository.tokenByVerifier(verifier);
    if (!found.ok) return found;
    if (found.value === null) return ok("unknown");
    const token = found.value;
    if (!usable(token)) return ok("over");
    const who = remember(identifiedBy(token), "token", verifier);
    if (token.key !== null) {
      ahead.found(token.id, token.lastUsedAt);
      const usedUntil = ahead.before(token.id);
      keys.set(who.proof, { key: token.key, thumbprint: await thumbprintOf(token.key), usedUntil });
    }
    cache.keep(generation, verifier, token.id, who, token.expiresAt);
    if (isStale(token.lastUsedAt)) await note("token", repository.touchToken(token.id, clock.now()));
    return ok(who);
  };

  /** Whoever has the token without its key has stolen it: that is on record. */
  const held = async (who: Identified, checked: Result<void>, address: string): Promise<Result<void>> => {
    const { principal, proof } = who;
    if (!checked.ok)
      await noteRefusal("signature:refused", { tokenId: proof.id ?? "" }, checked.error, address, principal.id);
    return checked;
  };

  /** Fails closed: a strong proof without a key at hand is nobody's. */
  const signedBy = async (
    who: Identified,
    request: SignedRequest | undefined,
    address: string,
  ): Promise<Result<void>> => {
    if (!who.proof.strong) return ok(undefined);
    const bound = keys.get(who.proof);
    if (bound === undefined) return err(moltbotError("TOKEN_INVALID"));
    const made = signed.check(request, bound);
    return made.ok ? ahead.keep(TokenId.parse(who.proof.id), made.value) : held(who, made, address);
  };

  const byToken: Tokens["byToken"] = async (token, address, request) => {
    const invalid = moltbotError("TOKEN_INVALID");
    const lock = locked(address, "token");
    if (!TOKEN.test(token)) return lock ?? refuse(address, invalid, "token");
    const verifier = verifierOf("token", token);
    if (lock !== undefined && !(await knownGood.has(verifier))) return lock;
    const found = await find(verifier);
    if (!found.ok) return found;
    if (typeof found.value === "object") {
      const theirs = await signedBy(found.value, request, address);
      if (!theirs.ok) return theirs;
      knownGood.add(verifier);
      return ok(found.value);
    }
    knownGood.remove(verifier);
    if (lock !== undefined) return lock;
    // Its holder had it once: an expired or revoked token is refused, but it is no guess.
    return found.value === "over" ? err(invalid) : refuse(address, invalid, "token");
  };

  /** When a token of `by` ends at the latest that is made with `from`: no token outlives the one that made it. */
  const latestEnd = async (by: Principal, from: Proof | undefined, wished: Instant): Promise<Result<Instant>> => {
    if (from?.kind !== "token") return ok(wished);
    const listed = await repository.listTokens(ownScope(by));
    if (!listed.ok) return listed;
    const maker = listed.value.find(({ id }) => id === from.id);
    // Instants are ISO 8601 in UTC: the earlier one sorts first.
    return ok(maker !== undefined && maker.expiresAt < wished ? maker.expiresAt : wished);
  };

  return {
    lookUp: async (verifier) => {
      const found = await find(verifier);
      if (!found.ok) return found;
      return ok(typeof found.value === "object" ? found.value : null);
    },
    tokens: {
      byToken,

      checkBody: async (who, contentDigest, body, address) => held(who, signed.checkBody(contentDigest, body), address),

      async createToken(by, wish, from) {
        const wider = widens(by, wish, from);
        if (wider !== undefined) return err(wider);
        const { key = null } = wish;
        if (key !== null && !signatures.isKey(key))
          return err(moltbotError("REQUEST_INVALID", { path: "key", problem: "it is no point of its curve" }));
        const end = await latestEnd(by, from, later(wish.days * DAY));
        if (!end.ok) return end;
        const expiresAt = end.value;
        const id = ids.next(TokenId);
        const token = `mb_${crypto.randomText(SECRET_BYTES)}`;
        const { role, name, integrity } = wish;
        // Whom a role leaves part of everything makes tokens for that part, also after they were given more.
        const scopes = wish.scopes ?? from?.roleCovers ?? null;
        const bound = key === null ? {} : { thumbprint: await thumbprintOf(key) };
        const recorded = await record({
          event: "token:created",
          actor: by.id,
          fields: {
            tokenId: id,
            role,
            expiresAt,
            scopes: scopes === null ? "*" : scopes.join(" "),
            integrity,
            ...bound,
            ...limitsOf(wish),
          },
          details: { name },
          subject: `person:${by.id}`,
        });
        if (!recorded.ok) return recorded;
        const verifier = verifierOf("token", token);
        const kept = await repository.createToken(ownScope(by), {
          id,
          principal: by,
          role,
          name,
          verifier,
          scopes,
          integrity,
          key,
          ...limitsOf(wish),
          madeWith: from?.kind === "token" ? TokenId.parse(from.id) : null,
          createdAt: clock.now(),
          expiresAt,
          revokedAt: null,
          lastUsedAt: null,
        });
        return kept.ok ? ok({ id, token, expiresAt }) : kept;
      },

      async listTokens(by) {
        const listed = await repository.listTokens(ownScope(by));
        if (!listed.ok) return listed;
        return ok(await Promise.all(listed.value.map(describe)));
      },

      async revokeToken(by, id) {
        const revoked = await repository.revokeToken(ownScope(by), id, clock.now());
        if (revoked.ok || revoked.error.code !== "NOT_FOUND") cache.forget(id);
        if (!revoked.ok) return revoked;
        for (const made of revoked.value) cache.forget(made);
        const alone = { tokenId: id };
        const fields = revoked.value.length > 1 ? { ...alone, withIt: revoked.value.length - 1 } : alone;
        return record({ event: "token:revoked", actor: by.id, fields });
      },
    },
  };
};
