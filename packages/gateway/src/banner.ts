import { styleText } from "node:util";
import type { AuditHead, ModelDescription } from "@moltbot/contracts";
import type { Gateway } from "./start-gateway.ts";

type Style = Parameters<typeof styleText>[0];

/** Colour where the terminal has it and NO_COLOR does not forbid it. */
const paint = (style: Style, text: string): string => styleText(style, text, { stream: process.stdout });

const row = (name: string, value: string): string => `  ${paint("dim", name.padEnd(8))} ${value}`;

export interface BannerFacts {
  readonly gateway: Pick<Gateway, "url" | "sealedBy" | "stoppedSince"> & { readonly model: ModelDescription };
  readonly home: string;
  readonly link: string;
  readonly seconds: number;
  /** The newest signed head of the audit log; null before the first. */
  readonly head: AuditHead | null;
}

/** So much of a root tells two logs apart at a glance. */
const SHORT_ROOT = 16;

/** What a person reads when the gateway is ready: where, with what, how sealed, how to sign in. */
export const banner = ({ gateway, home, link, seconds, head }: BannerFacts): string => {
  const { model } = gateway;
  return [
    "",
    `  ${paint(["bold", "red"], "Moltbot")} is ready ${paint("dim", `(${seconds.toFixed(1)} s)`)}`,
    "",
    row("address", gateway.url),
    row("data", `${home} ${paint("dim", "(encrypted)")}`),
    row(
      "vault",
      gateway.sealedBy.startsWith("passphrase")
        ? `sealed by ${gateway.sealedBy}`
        : paint("yellow", `sealed by ${gateway.sealedBy}`),
    ),
    row("model", model.says),
    ...(head === null
      ? []
      : [
          row(
            "log",
            `${String(head.size)} records, root ${head.root.slice(0, SHORT_ROOT)}… ${paint("dim", "(keep it: ./moltbot audit head)")}`,
          ),
        ]),
    ...(gateway.stoppedSince === null
      ? []
      : [row("stopped", paint("yellow", `everything, since ${gateway.stoppedSince}; go on with ./moltbot resume`))]),
    ...(model.demonstration
      ? [
          row(
            "",
            paint(
              "dim",
              'connect another: ./moltbot config set models.providers.NAME \'{baseUrl: "http://127.0.0.1:11434/v1", model: "MODEL"}\'',
            ),
          ),
        ]
      : []),
    "",
    `  ${paint("bold", "Sign in")} (once, within ten minutes; ${paint("bold", "./moltbot open")} makes another):`,
    `  ${paint("cyan", link)}`,
    "",
    paint("dim", "  Stop with Ctrl-C. Talk here with ./moltbot chat"),
    "",
  ].join("\n");
};

/** What a person reads when the gateway runs and its vault is locked. */
export const lockedBanner = (url: string, home: string): string =>
  [
    "",
    `  ${paint(["bold", "red"], "Moltbot")} is ${paint("yellow", "locked")}`,
    "",
    row("address", url),
    row("data", `${home} ${paint("dim", "(encrypted)")}`),
    "",
    `  ${paint("bold", "Unlock")} with ${paint("bold", "./moltbot unlock")} or on its page. Until then nothing can be read.`,
    "",
    paint("dim", "  Stop with Ctrl-C."),
    "",
  ].join("\n");
