import { neutralText } from "../text/neutralise.ts";

/** Where a link may lead, and the host as people should read it. */
export interface SafeLink {
  readonly href: string;
  /** The host (in its ASCII form) or the mail address. */
  readonly host: string;
}

/** The link's target when it is an absolute http, https or mailto address; null for everything else. */
export const safeLink = (href: string): SafeLink | null => {
  if (!URL.canParse(href)) return null;
  const url = new URL(href);
  if (url.protocol === "mailto:") return { href: url.href, host: neutralText(url.pathname) };
  if (url.protocol !== "http:" && url.protocol !== "https:") return null;
  // Threat: https://bank.example@evil.example reads like the bank.
  if (url.username !== "" || url.password !== "") return null;
  return { href: url.href, host: url.host };
};
