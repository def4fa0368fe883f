import { isIP } from "node:net";
import { domainToASCII } from "node:url";
import { err, moltbotError, ok } from "@moltbot/contracts";
import type { ErrorCode, Result } from "@moltbot/contracts";
import { classifyAddress, isGrantable } from "./classify-address.ts";

/** An address as every check and the wire will see it. */
export interface Target {
  /** Lower-case name, or an address without brackets. */
  readonly host: string;
  readonly port: number;
  /** `host:port`, IPv6 in brackets: what grants and approvals name. */
  readonly authority: string;
  readonly origin: string;
  readonly scheme: "http" | "https";
  /** Path and query. */
  readonly path: string;
  /** Why nothing may go there unless an owner granted this exact host and port; found without dialling. */
  readonly refusal: ErrorCode | null;
  /** Whether a grant that names exactly this host and port lifts the refusal. */
  readonly grantable: boolean;
  /** "public", "unresolved" for a name, or the range behind the refusal. */
  readonly range: string;
}

const DEFAULT_PORTS = { http: 80, https: 443 } as const;
const LONGEST = 4096;
const LONGEST_NAME = 253;
const NAME = /^(?=.*[a-z])[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*$/;
const LOCAL_NAMES = /^(.+\.)?(localhost|localdomain|ip6-localhost|ip6-loopback)$/;

const invalid = (problem: string) => err(moltbotError("URL_INVALID", { problem }));

/** What the text itself gives away; null when nothing is wrong with it. Parsers disagree on these forms, so none is guessed at. */
const problemOfText = (text: string): string | null => {
  if (text.length > LONGEST) return `it is longer than ${LONGEST} characters`;
  if (/[\p{Cc}\p{Z}\\]/u.test(text)) return "it contains a blank, a control character or a backslash";
  if (!/^https?:\/\/[^/]/i.test(text)) return "only http:// and https:// are possible";
  return null;
};

/** The host as it was written: between the scheme and the port. */
const writtenHost = (text: string): string => {
  const authority = text.replace(/^https?:\/\//i, "").replace(/[/?#].*$/s, "");
  return authority.replace(/:\d*$/, "").toLowerCase();
};

const problemOfUrl = (url: URL, text: string): string | null => {
  if (url.username !== "" || url.password !== "" || writtenHost(text).includes("@"))
    return "it carries a user name or a password";
  if (url.port === "0") return "port 0 does not exist";
  if (url.hostname.endsWith(".")) return "the host name ends with a dot";
  return null;
};

/** Decimal, octal, hexadecimal, short and full-width forms of an address: nobody honest writes them. */
const isDisguised = (host: string, text: string): boolean => {
  const written = writtenHost(text);
  return isIP(host) === 4 ? written !== host : classifyAddress(written.replace(/^\[|\]$/g, "")) === "not an address";
};

/** Whether a name means this machine, whatever a name server says. */
export const isLocalName = (host: string): boolean => LOCAL_NAMES.test(host);

const isName = (host: string): boolean =>
  host.length <= LONGEST_NAME && NAME.test(host) && domainToASCII(host) === host;

const rangeOf = (host: string): string => {
  if (isIP(host) !== 0) return classifyAddress(host);
  return isLocalName(host) ? "loopback" : "unresolved";
};

/** Takes an address apart without dialling anybody: URL_INVALID for every form that is not plainly one http or https host. */
export const parseTarget = (text: string): Result<Target> => {
  const problem = problemOfText(text);
  if (problem !== null) return invalid(problem);
  const url = URL.parse(text);
  if (url === null) return invalid("it cannot be parsed");
  const second = problemOfUrl(url, text);
  if (second !== null) return invalid(second);
  const host = url.hostname.replace(/^\[|\]$/g, "");
  const range = rangeOf(host);
  const refusal = range === "public" || range === "unresolved" ? null : "ADDRESS_REFUSED";
  if (isIP(host) === 0 && !isName(host)) return invalid("the host name is not one");
  if (refusal === null && isIP(host) !== 0 && isDisguised(host, text))
    return invalid("the address is written in a disguised form");
  const scheme = url.protocol === "https:" ? "https" : "http";
  const port = url.port === "" ? DEFAULT_PORTS[scheme] : Number(url.port);
  return ok({
    host,
    port,
    authority: `${url.hostname}:${port}`,
    origin: url.origin,
    scheme,
    path: url.pathname + url.search,
    refusal,
    grantable: refusal !== null && (isLocalName(host) || (isGrantable(host) && !isDisguised(host, text))),
    range,
  });
};
