import { html, nothing } from "lit";
import type { TemplateResult } from "lit";
import { icon } from "./icons.ts";
import { panelView } from "./panel.ts";
import type { PanelWish } from "./panel.ts";

/** What slides over the page: the list of conversations, or the overview. */
export type Drawer = "side" | "panel";

export interface DrawerWish extends PanelWish {
  /** What is in it; null while it is closed. */
  readonly drawer: Drawer | null;
  readonly side: () => TemplateResult;
  readonly closed: () => void;
}

const contentOf = (wish: DrawerWish): TemplateResult | typeof nothing => {
  if (wish.drawer === null) return nothing;
  if (wish.drawer === "panel") return panelView(wish);
  return html`<div class="sheet-head">
      <h2 id="side-title">Conversations</h2>
      <button type="button" class="icon-button" aria-label="Close the list" @click=${wish.close}>
        ${icon("close")}
      </button>
    </div>
    ${wish.side()}`;
};

/** The drawer; a click beside it closes it. */
export const drawerView = (wish: DrawerWish): TemplateResult =>
  html`<dialog
    class="drawer ${wish.drawer ?? ""}"
    aria-labelledby=${wish.drawer === "side" ? "side-title" : "panel-title"}
    @click=${(event: MouseEvent) => {
      if (event.target === event.currentTarget) wish.close();
    }}
    @close=${wish.closed}
  >
    <div class="drawer-body">${contentOf(wish)}</div>
  </dialog>`;
