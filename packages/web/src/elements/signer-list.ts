import { html, nothing } from "lit";
import type { TemplateResult } from "lit";
import type { Signer } from "@moltbot/contracts";
import { may } from "../people/may.ts";
import type { Me } from "../people/may.ts";
import { honestText } from "../text/honest-text.ts";
import { neutralText } from "../text/neutralise.ts";
import { signingKeyView } from "../views/signing-key.ts";
import { wayView } from "../views/way.ts";
import { agoText, listText } from "../words-of-keeping.ts";
import { EntryList } from "./entry-list.ts";
import "./trust-signer.ts";

/** Whose signatures are taken, and what is installed by each. */
export class SignerList extends EntryList<Signer["key"]> {
  static override properties = {
    now: { attribute: false },
    me: { attribute: false },
    signers: { attribute: false },
  };
  declare now: number;
  declare me: Me | null;
  /** Null while they are loaded. */
  declare signers: readonly Signer[] | null;
  protected readonly opener = ".add-signer";
  protected readonly problemId = "signer-problem";

  constructor() {
    super();
    this.now = 0;
    this.me = null;
    this.signers = null;
  }

  protected override firstField(): string {
    return "trust-signer input[name=key]";
  }

  readonly #trusted = (says: string): void => {
    this.turn(null)();
    this.said = says;
    this.changed();
  };

  #one(item: Signer): TemplateResult {
    const { key, own, packages } = item;
    const name = neutralText(item.name);
    return html`<li class="entry package">
      <span><strong>${honestText(item.name)}</strong>${own ? html` <span class="tag">your own</span>` : nothing}</span>
      <span class="whole-row">${signingKeyView(key)}</span>
      <span class="quiet whole-row">
        Trusted ${agoText(item.trustedAt, this.now)}.
        ${packages.length === 0 ? "Nothing is installed by it." : `Installed by it: ${listText(packages)}.`}
      </span>
      ${
        packages.length === 0 && may(this.me, "signers.remove")
          ? html`<span class="entry-ways row-ways"
              >${wayView("Remove", `Remove the key of ${name}`, this.leave(key), true)}</span
            >`
          : nothing
      }
      ${
        this.leaving === key
          ? this.really(
              {
                label: `Remove the key of ${name}?`,
                says: "What it signs is refused from then on.",
                yes: "Remove it",
              },
              (call) => call("signers.remove", { key }),
            )
          : nothing
      }
    </li>`;
  }

  #form(): TemplateResult {
    return html`<trust-signer
      .call=${this.call}
      .key=${null}
      .trusted=${this.#trusted}
      .leave=${this.turn(null)}
    ></trust-signer>`;
  }

  protected override render(): TemplateResult {
    const { signers, me } = this;
    if (signers === null) return html`<p class="quiet">Loading…</p>`;
    return html`${
        signers.length === 0
          ? html`<p class="quiet">None. A package whose key is not here is refused.</p>`
          : html`<ul class="entries" role="list">
              ${signers.map((item) => this.#one(item))}
            </ul>`
      }
      ${this.below(may(me, "signers.trust"), "Trust a key", () => this.#form())}
      <p class="good" role="status">${this.said}</p>`;
  }
}
customElements.define("signer-list", SignerList);
