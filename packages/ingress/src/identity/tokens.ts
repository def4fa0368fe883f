import { TokenId, err, moltbotError, ok, ownScope, roleSuffices } from "@moltbot/contracts";
import type { AccessScope, IdentityPort, OperationOutput, Principal, Result } from "@moltbot/contracts";
import { SECRET_BYTES } from "./counter.ts";
import type { Counter } from "./counter.ts";

const DAY = 86_400_000;
const TOKEN = /^mb_[A-Za-z0-9_-]{43}$/;

export interface Tokens extends Pick<IdentityPort, "byToken" | "createToken"> {
  /** The tokens of the person's tenant, without their text. */
  listTokens(by: Principal): Promise<Result<OperationOutput<"tokens.list">>>;
  /** Revokes a token at once, also where it was remembered; NOT_FOUND when the person may not see it. */
  revokeToken(by: Principal, id: TokenId): Promise<Result<void>>;
}

/** An owner sees the tenant's tokens, everybody else their own. */
const scopeOf = (by: Principal): AccessScope =>
  Object.freeze({ ...ownScope(by), reach: by.role === "owner" ? "tenant" : "own" });

/** Bearer tokens: `mb_` and 32 random bytes in base64url. A token carries its own role, never more than its maker's. */
export const createTokens = ({
  repository,
  crypto,
  clock,
  ids,
  cache,
  verifierOf,
  later,
  usable,
  record,
  locked,
  refuse,
}: Counter): Tokens => ({
  async byToken(token, address) {
    const lock = locked(address);
    if (lock !== undefined) return lock;
    const invalid = moltbotError("TOKEN_INVALID");
    if (!TOKEN.test(token)) return refuse(address, invalid, "token");
    const verifier = verifierOf("token", token);
    const remembered = cache.find(verifier);
    if (remembered !== undefined) return ok(remembered);
    const generation = cache.generation();
    const found = await repository.tokenByVerifier(verifier);
    if (!found.ok) return found;
    if (found.value === null) return refuse(address, invalid, "token");
    // Its holder had it once: an expired or revoked token is refused, but it is no guess.
    if (!usable(found.value)) return err(invalid);
    const principal: Principal = Object.freeze({ ...found.value.principal, role: found.value.role });
    cache.keep(generation, verifier, found.value.id, principal, found.value.expiresAt);
    return ok(principal);
  },

  async createToken(by, wish) {
    if (!roleSuffices(by.role, wish.role))
      return err(moltbotError("ROLE_INSUFFICIENT", { required: wish.role, role: by.role }));
    const id = ids.next(TokenId);
    const token = `mb_${crypto.randomText(SECRET_BYTES)}`;
    const expiresAt = later(wish.days * DAY);
    const { role, name } = wish;
    const recorded = await record({
      event: "token:created",
      actor: by.id,
      fields: { tokenId: id, role, expiresAt },
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
      createdAt: clock.now(),
      expiresAt,
      revokedAt: null,
    });
    return kept.ok ? ok({ id, token, expiresAt }) : kept;
  },

  async listTokens(by) {
    const listed = await repository.listTokens(scopeOf(by));
    if (!listed.ok) return listed;
    return ok(
      listed.value.map(({ id, name, role, createdAt, expiresAt, revokedAt }) => ({
        id,
        name,
        role,
        createdAt,
        expiresAt,
        revokedAt,
      })),
    );
  },

  async revokeToken(by, id) {
    const revoked = await repository.revokeToken(scopeOf(by), id, clock.now());
    cache.forget(id);
    if (!revoked.ok) return revoked;
    return record({ event: "token:revoked", actor: by.id, fields: { tokenId: id } });
  },
});
