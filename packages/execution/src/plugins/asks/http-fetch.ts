import { err, HTTP_METHODS, hostsOf, moltbotError, ok, permissionOf } from "@moltbot/contracts";
import type { PermissionOf, PrincipalId, Result } from "@moltbot/contracts";
import { z } from "zod";
import { parseTarget } from "../../egress/index.ts";
import type { EgressResponse, EgressSecret, Target } from "../../egress/index.ts";
import { RequestHeaders, toolAuthority } from "../../tools/index.ts";
import { nameInVault } from "../audience.ts";
import { bytesOf } from "../measure.ts";
import { asUnknown, mayNot, NO_WAY_OUT, overLimit, stopped } from "../refusals.ts";
import type { AskChecks, AskHandler, Asking } from "./ask-handler.ts";

const MOST_BYTES_IN = 1_048_576;
const MOST_BYTES_OUT = 1_048_576;
const MOST_HEADER_BYTES = 16_384;
/** Each answer is held until its plugin took it. */
const MOST_AT_ONCE = 8;
/** Names that servers take credentials from: those go on the wire by a handle, where the owner said so. */
const CREDENTIALS = /auth|cookie|key|passw|secret|session|token/i;

const params = z.strictObject({
  method: z.enum(HTTP_METHODS).default("GET"),
  url: z.string().min(1).max(4_096),
  headers: RequestHeaders.default({}),
  body: z.string().max(262_144).nullable().default(null),
  secret: z.string().min(1).max(200).nullable().default(null),
});
type Wish = z.infer<typeof params>;

/** Whether a request stays within the manifest, the owner's choice and the call's permit. */
export const mayReach: AskChecks["mayReach"] = (call, method, target) => {
  const { manifest, choices } = call.of.plugin;
  const http = permissionOf(manifest, "http");
  if (http === null) return mayNot(manifest.name, "web requests need the permission http");
  if (!http.methods.includes(method)) return mayNot(manifest.name, `${method} is not among its methods`);
  // On the way to a public host others would read along; a private one is granted as it stands.
  if (target.scheme === "http" && target.refusal === null)
    return mayNot(manifest.name, "a public host is asked over https alone");
  if (!hostsOf(manifest, choices).includes(target.authority))
    return mayNot(manifest.name, "that host and port are not among its hosts");
  if (!call.hosts.includes(target.authority)) return err(moltbotError("HOST_NOT_ALLOWED", { host: target.authority }));
  return ok(http);
};

/** The person's own secret of that name; otherwise the house's, for whoever keeps it. */
const named = async (name: string, person: PrincipalId, { ports }: Asking<Wish>): Promise<Result<EgressSecret>> => {
  const secret = { name, header: null, prefix: null };
  const id = ports.secrets.ownNamed(person, name);
  if (id !== null) return ok({ ...secret, keptBy: { person, id } });
  return (await ports.secrets.mayUseHouse(person)) ? ok(secret) : err(moltbotError("SECRET_NOT_FOUND", { name }));
};

const secretOf = async (asking: Asking<Wish>, target: Target): Promise<Result<EgressSecret | null>> => {
  const { call, params: wish } = asking;
  const { manifest } = call.of.plugin;
  if (wish.secret === null) return ok(null);
  const permission = call.handles.get(wish.secret);
  if (permission === undefined) return mayNot(manifest.name, "that is no handle of this call");
  if (permission.host !== target.authority) return mayNot(manifest.name, "that secret is for another host");
  return named(nameInVault(call.of.plugin, permission.name), call.scope.principalId, asking);
};

const sizeOf = ({ method, url, headers, body }: Wish): number =>
  bytesOf([method, url, ...Object.entries(headers).flat(), body ?? ""].join("\n"));

const shownHeaders = (headers: EgressResponse["headers"]): Readonly<Record<string, string>> => {
  let left = MOST_HEADER_BYTES;
  return Object.fromEntries(
    Object.entries(headers).filter(([name, value]) => (left -= bytesOf(name) + bytesOf(value)) >= 0),
  );
};

const hostOfUrl = (url: string, target: Target): string => {
  const answered = parseTarget(url);
  return answered.ok ? answered.value.authority : target.authority;
};

/** Sends a request whose way was found free, and notes who had a hand in the answer. */
const request = async (
  { ports, call, params: wish }: Asking<Wish>,
  run: NonNullable<Asking<Wish>["call"]["run"]>,
  target: Target,
  http: PermissionOf<"http">,
  secret: EgressSecret | null,
): Promise<Result<EgressResponse>> => {
  const changes = wish.method !== "GET" && wish.method !== "HEAD";
  const authority = toolAuthority(run, call.hosts, "hosts");
  const { methods = [], prefixes = [] } = authority.limits ?? {};
  if (changes) call.changed = true;
  call.of.learn([{ kind: "host", ref: target.authority }]);
  const answer = await ports.egress.send(
    { ...authority, limits: { methods: [...methods, http.methods], prefixes } },
    {
      method: wish.method,
      url: wish.url,
      headers: { "user-agent": "Moltbot", ...wish.headers },
      body: wish.body,
      secret,
      follow: wish.method === "GET",
      maxBytes: MOST_BYTES_IN,
    },
    call.signal,
  );
  if (!answer.ok) return changes ? err(asUnknown(answer.error, run.call.tool)) : answer;
  call.of.learn([{ kind: "host", ref: hostOfUrl(answer.value.url, target) }]);
  return answer;
};

/** One web request on the call's behalf; what egress withholds stays withheld. */
export const httpFetch: AskHandler<Wish> = {
  params,
  answer: async (asking) => {
    const { call, checks, params: wish } = asking;
    const { name } = call.of.plugin.manifest;
    if (call.run === null || !checks.mayGoOut(call)) return mayNot(name, NO_WAY_OUT);
    if (Object.keys(wish.headers).some((header) => CREDENTIALS.test(header)))
      return mayNot(name, "credentials go on the wire by the handle of a secret, never as a header of its own");
    const target = parseTarget(wish.url);
    if (!target.ok) return target;
    const http = checks.mayReach(call, wish.method, target.value);
    if (!http.ok) return http;
    const secret = await secretOf(asking, target.value);
    if (!secret.ok) return secret;
    call.used.bytesOut += sizeOf(wish);
    if (call.used.bytesOut > MOST_BYTES_OUT) return overLimit(name, "1 MiB of requests in one call");
    // Its call may have ended while somebody was asked whether the secret may be lent.
    if (call.signal.aborted) return stopped(name, "the call is over");
    if (call.used.requests >= MOST_AT_ONCE) return overLimit(name, `${String(MOST_AT_ONCE)} requests at once`);
    call.used.requests += 1;
    const answer = await request(asking, call.run, target.value, http.value, secret.value).finally(
      () => (call.used.requests -= 1),
    );
    if (!answer.ok) return answer;
    const { status, headers, body, withheld } = answer.value;
    return ok({
      status,
      headers: withheld === true ? {} : shownHeaders(headers),
      body: withheld === true ? "" : new TextDecoder().decode(body),
      ...(withheld === true ? { withheld } : {}),
    });
  },
};
