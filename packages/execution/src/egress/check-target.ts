import { done, err, isPathUnder, moltbotError, plainPathOf } from "@moltbot/contracts";
import type { Result } from "@moltbot/contracts";
import type { EgressAuthority, RequestLimits } from "./egress.ts";
import type { Target } from "./parse-target.ts";

const keepsTo = ({ methods, prefixes }: RequestLimits, target: Target, method: string): boolean => {
  const path = plainPathOf(target.origin + target.path);
  return (
    methods.every((allowed) => allowed.some((one) => one === method)) &&
    prefixes.every((allowed) => path !== null && allowed.some((prefix) => isPathUnder(path, prefix)))
  );
};

/** Whether a request keeps to the methods and paths that the grant of its call names. */
export const checkRequest = (authority: EgressAuthority, target: Target, method: string): Result<void> =>
  authority.kind === "provider" || authority.limits === undefined || keepsTo(authority.limits, target, method)
    ? done
    : err(moltbotError("REQUEST_NOT_ALLOWED", { host: target.authority, method }));

/** Whether an authority covers a target. A private address needs both: the call names it, and its grant names that exact host and port. */
export const checkTarget = (authority: EgressAuthority, target: Target): Result<void> => {
  if (authority.kind === "provider") {
    return authority.origin === target.origin
      ? done
      : err(moltbotError("HOST_NOT_ALLOWED", { host: target.authority }));
  }
  if (!authority.hosts.includes(target.authority))
    return err(moltbotError("HOST_NOT_ALLOWED", { host: target.authority }));
  if (target.refusal === null || (target.grantable && authority.granted.includes(target.authority))) return done;
  return err(moltbotError(target.refusal, { host: target.host, range: target.range }));
};

const isUpgrade = (from: Target, to: Target): boolean =>
  from.host === to.host && from.scheme === "http" && to.scheme === "https" && from.port === 80 && to.port === 443;

/**
 * Whether a redirect may be followed: to a host the authority covers anyway, or from http to https of the same host on the
 * usual ports; never from https down to http, where others on the way would read along.
 */
export const checkHop = (authority: EgressAuthority, from: Target, to: Target, method: string): Result<void> => {
  if (authority.kind === "provider" || (from.scheme === "https" && to.scheme === "http")) {
    return err(moltbotError("HOST_NOT_ALLOWED", { host: to.authority }));
  }
  const covered = isUpgrade(from, to) ? { ...authority, hosts: [...authority.hosts, to.authority] } : authority;
  const allowed = checkTarget(covered, to);
  return allowed.ok ? checkRequest(authority, to, method) : allowed;
};
