import { styleText } from "node:util";
import type { Gateway } from "./start-gateway.ts";

type Style = Parameters<typeof styleText>[0];

/** Colour where the terminal has it and NO_COLOR does not forbid it. */
const paint = (style: Style, text: string): string => styleText(style, text, { stream: process.stdout });

const row = (name: string, value: string): string => `  ${paint("dim", name.padEnd(8))} ${value}`;

export interface BannerFacts {
  readonly gateway: Gateway;
  readonly home: string;
  readonly link: string;
  readonly seconds: number;
}

/** What a person reads when the gateway is ready: where, with what, how sealed, how to sign in. */
export const banner = ({ gateway, home, link, seconds }: BannerFacts): string => {
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
