/** Colours and sizes of the current theme, read from the style sheet: canvases cannot use CSS variables themselves. */

import { Palette, type PaletteName, type Theme } from "./palette.ts";

export interface Look {
    theme: Theme;
    palette: Palette;
    background: string;
    /** Around the charts. */
    page: string;
    panel: string;
    foreground: string;
    dim: string;
    line: string;
    accent: string;
    price: string;
    casing: string;
    callWall: string;
    putWall: string;
    flip: string;
    missing: string;
    /** Size of text. [CSS px] */
    text: number;
    font: string;
}

export function look(root: HTMLElement, theme: Theme, palette: PaletteName): Look {
    const style = getComputedStyle(root);
    const of = (name: string): string => style.getPropertyValue(`--gex-${name}`).trim();
    return {
        theme,
        palette: new Palette(palette, theme, of("heat"), of("missing")),
        background: of("heat"),
        page: of("bg"),
        panel: of("panel"),
        foreground: of("fg"),
        dim: of("dim"),
        line: of("line"),
        accent: of("accent"),
        price: of("price"),
        casing: of("casing"),
        callWall: of("call-wall"),
        putWall: of("put-wall"),
        flip: of("flip"),
        missing: of("missing"),
        text: parseFloat(style.fontSize),
        font: style.fontFamily,
    };
}

export function resolved(choice: "auto" | Theme): Theme {
    if (choice !== "auto") return choice;
    return matchMedia("(prefers-color-scheme: light)").matches ? "light" : "dark";
}
