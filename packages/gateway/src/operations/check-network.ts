import { millisecondsOf } from "@moltbot/contracts";
import type { Check, Instant } from "@moltbot/contracts";
import { readCertificate } from "@moltbot/storage/crypto";
import type { Settings } from "../settings/index.ts";
import { readTls } from "../tls-files.ts";
import { check } from "./check.ts";

type Place = Settings["gateway"];

/** What the checks look at: the settings of this moment, where it listens, and what time it is. */
export interface NetworkToCheck {
  readonly place: Place;
  readonly address: string;
  readonly now: Instant;
}

const DAY = 86_400_000;
/** Renewing is done by then where it is done at all. */
const SOON = 14;
const OF_THIS_MACHINE = /^(localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[?::1\]?)$/i;
const EVERY_NETWORK = new Set(["0.0.0.0", "::"]);

const isHere = ({ host }: Pick<Place, "host">): boolean => OF_THIS_MACHINE.test(host);
const speaksTls = ({ tls }: Pick<Place, "tls">): boolean => tls.certificate !== "";

const listenerCheck = ({ place, address }: NetworkToCheck): Check => {
  if (isHere(place)) return check("listener", "ok", `Listens on ${address}, reachable from this machine alone.`);
  if (EVERY_NETWORK.has(place.host))
    return check(
      "listener",
      "warning",
      `Listens on ${address} and on every other address of this machine, reachable from other machines.`,
      "Set gateway.host to the one address that is meant, or to 127.0.0.1.",
    );
  return speaksTls(place)
    ? check("listener", "ok", `Listens on ${address}, reachable from other machines by TLS 1.3 alone.`)
    : check(
        "listener",
        "warning",
        `Listens on ${address}, reachable from other machines, and leaves TLS to the declared proxies.`,
        "Set gateway.host to 127.0.0.1 where the proxy runs on this machine.",
      );
};

const hostOf = (publicUrl: string): string => new URL(publicUrl).hostname.replace(/^\[|\]$/g, "");

/** The files of `gateway.tls` as they are now: who can read the key, when the certificate ends, and for whom it is. */
const tlsCheck = ({ place: { tls, publicUrl }, now }: NetworkToCheck): Check | undefined => {
  if (tls.certificate === "" && tls.key === "") return undefined;
  const pair = readTls(tls);
  if (!pair.ok) return check("tls", "fault", pair.error.message, pair.error.next);
  const facts = readCertificate(pair.value?.certificate ?? "");
  if (!facts.ok) return check("tls", "fault", facts.error.message, facts.error.next);
  const { validFrom, validTo, isFor } = facts.value;
  const left = Math.floor((millisecondsOf(validTo) - millisecondsOf(now)) / DAY);
  const renew = "Renew it; what stands in the files is served within seconds, without a restart.";
  if (now < validFrom) return check("tls", "fault", `The certificate is good only from ${validFrom} on.`, renew);
  if (left < 0) return check("tls", "fault", `The certificate ended on ${validTo}.`, renew);
  if (left < SOON)
    return check("tls", "warning", `The certificate ends in ${String(left)} days, on ${validTo}.`, renew);
  if (publicUrl !== "" && !isFor(hostOf(publicUrl)))
    return check(
      "tls",
      "warning",
      "The certificate is not for the name in gateway.publicUrl: browsers will refuse it.",
      "Get one for that name, unless a proxy in front has it.",
    );
  return check("tls", "ok", `The certificate is good until ${validTo}, and the key is its owner's alone.`);
};

/** How many addresses a declared network has room for, as bits: 0 is one address. */
const width = (declared: string): number => {
  const [address = "", bits] = declared.split("/");
  const most = address.includes(":") ? 128 : 32;
  return bits === undefined ? 0 : most - Number(bits);
};
/** A proxy is a machine or a small network of them; what is wider declares people to be proxies. */
const isWide = (declared: string): boolean => width(declared) > (declared.includes(":") ? 64 : 8);
const isEverybody = (declared: string): boolean => declared.endsWith("/0");

const proxiesCheck = ({ place: { proxies } }: NetworkToCheck): Check | undefined => {
  if (proxies.length === 0) return undefined;
  const everybody = proxies.find(isEverybody);
  if (everybody !== undefined)
    return check(
      "proxies",
      "fault",
      `gateway.proxies holds ${everybody}: whoever connects is believed where they come from.`,
      "Name the addresses of the proxies alone.",
    );
  const wide = proxies.filter(isWide);
  return wide.length > 0
    ? check(
        "proxies",
        "warning",
        `gateway.proxies holds ${wide.join(", ")}: everybody in there is believed where a request comes from.`,
        "Name the addresses of the proxies alone.",
      )
    : check("proxies", "ok", `Believes ${proxies.join(", ")} where a request comes from, and nobody else.`);
};

/** Whether links for people lead where they can be followed. */
const addressCheck = ({ place, address }: NetworkToCheck): Check => {
  const { publicUrl, proxies } = place;
  if (publicUrl === "")
    return isHere(place) && proxies.length === 0
      ? check("address", "ok", `Links lead to ${address}, on this machine.`)
      : check(
          "address",
          "warning",
          `Links to sign in and invitations lead to ${address}, which others may not be able to open.`,
          "Say where people reach the gateway: ./moltbot config set gateway.publicUrl https://NAME",
        );
  const { protocol, hostname } = new URL(publicUrl);
  if (protocol === "https:" && !speaksTls(place) && proxies.length === 0)
    return check(
      "address",
      "warning",
      `Links lead to ${publicUrl}, and nothing here speaks https.`,
      "Name a certificate in gateway.tls, or declare the proxy that has one in gateway.proxies.",
    );
  if (OF_THIS_MACHINE.test(hostname) && !isHere(place))
    return check(
      "address",
      "warning",
      `Links lead to ${publicUrl}, which is the own machine of whoever opens them.`,
      "Set gateway.publicUrl to the name that others reach the gateway by.",
    );
  return check("address", "ok", `Links lead to ${publicUrl}.`);
};

/** Who can reach the gateway, and whether what lies between is what it should be. */
export const networkChecks = (wish: NetworkToCheck): readonly Check[] =>
  [listenerCheck(wish), tlsCheck(wish), proxiesCheck(wish), addressCheck(wish)].filter((one) => one !== undefined);
