/** What is chosen and seen, and the address (#…) that holds it. */

import type { Day } from "../data/day.ts";
import { weightsFor, type Side } from "../derived/signs.ts";
import type { PaletteName } from "../drawing/palette.ts";

type Mode = "strikes" | "field" | "change";
export type ThemeChoice = "auto" | "dark" | "light";

export interface View {
    convention: string;
    /** Null: the weight that the convention chose. */
    weight: string | null;
    side: Side;
    scope: string;
    mode: Mode;
    /** Column of the window with which changes begin. */
    since: number;
    palette: PaletteName;
    theme: ThemeChoice;
    contrast: number;
    scale: "trailing" | "fixed";
    /** Column of the window that is shown. */
    moment: number;
    /** UNIX s at the edges; null: the whole day. */
    x: [number, number] | null;
    /** Prices at the edges; null: chosen from the price. */
    y: [number, number] | null;
    speed: number;
    playing: boolean;
}

export const SPEEDS = [1, 10, 60, 600];
export const CONTRASTS = [0.5, 0.7, 1, 1.5, 2.5, 4];
const SIDES: Side[] = ["net", "call", "put"];
const MODES: Mode[] = ["strikes", "field", "change"];
const THEMES: ThemeChoice[] = ["auto", "dark", "light"];
const PALETTES: PaletteName[] = ["red-green", "blue-orange"];

/** Keys that all pages share. */
const REMEMBERED = { theme: "gex-theme", palette: "gex-palette" };

/** Palette and theme of earlier visits; nothing where storage is forbidden, for pages opened from disk for example. */
function remembered(): { theme: string | null; palette: string | null } {
    try {
        return { theme: localStorage.getItem(REMEMBERED.theme), palette: localStorage.getItem(REMEMBERED.palette) };
    } catch {
        return { theme: null, palette: null };
    }
}

export function rememberedLook(): { theme: ThemeChoice; palette: PaletteName } {
    const { theme, palette } = remembered();
    return { theme: THEMES.find((one) => one === theme) ?? "auto", palette: PALETTES.find((one) => one === palette) ?? "red-green" };
}

export function rememberLook(view: Pick<View, "theme" | "palette">): void {
    try {
        localStorage.setItem(REMEMBERED.theme, view.theme);
        localStorage.setItem(REMEMBERED.palette, view.palette);
    } catch {
        // Storage is forbidden: the choice holds for this visit.
    }
}

/** Names of scopes, the selected expirations first. */
export function scopesOf(day: Day): { name: string; label: string }[] {
    const { expirations } = day.header;
    const scopes = [{ name: "selected", label: expirations.every((one) => one.selected) ? "all expirations" : "selected expirations" }];
    if (!expirations.every((one) => one.selected)) scopes.push({ name: "all", label: "all expirations" });
    if (expirations.some((one) => one.is_0dte)) scopes.push({ name: "0dte", label: "0DTE" });
    const dates = new Set<string>();
    for (const one of expirations) {
        if (!dates.has(one.date)) scopes.push({ name: `exp:${one.date}`, label: `${one.date} ${one.label}` });
        dates.add(one.date);
    }
    return scopes;
}

/** Weights that the page carries. */
export function weightsOf(day: Day): string[] {
    return day.blobs.filter((blob) => blob.startsWith("weight-")).map((blob) => blob.slice("weight-".length));
}

export function first(day: Day): View {
    const conventions = day.header.conventions;
    const known = weightsOf(day);
    const usable = conventions.find((one) => one.weight !== null && known.includes(one.weight)) ?? conventions[0];
    return {
        ...rememberedLook(),
        convention: usable?.name ?? "",
        weight: null,
        side: "net",
        scope: "selected",
        mode: "strikes",
        since: 0,
        contrast: 1,
        scale: "trailing",
        moment: day.windows - 1,
        x: null,
        y: null,
        speed: 60,
        playing: false,
    };
}

/** The address of a view: what differs from the first view, windows by their number within the day. */
export function addressOf(view: View, day: Day): string {
    const base = first(day);
    const parts = new URLSearchParams();
    const put = (key: string, value: string | number, common: string | number): void => {
        if (value !== common) parts.set(key, String(value));
    };
    if (day.windows > 0 && view.moment !== day.windows - 1) parts.set("t", new Date(day.endOf(day.k(view.moment)) * 1000).toISOString().slice(0, 19));
    put("convention", view.convention, base.convention);
    if (view.weight) parts.set("weight", view.weight);
    put("side", view.side, "net");
    put("scope", view.scope, "selected");
    put("view", view.mode, "strikes");
    if (view.mode === "change" && view.since > 0) parts.set("since", String(day.k(view.since)));
    put("palette", view.palette, "red-green");
    put("theme", view.theme, "auto");
    put("contrast", view.contrast, 1);
    put("scale", view.scale, "trailing");
    if (view.x) parts.set("x", view.x.map((at) => Math.round(at - day.midnight)).join("-"));
    if (view.y) parts.set("y", view.y.map((at) => at.toFixed(2)).join("-"));
    put("speed", view.speed, 60);
    return parts.toString();
}

/** The view of an address; what cannot be read, or is not in this day, is left as in the first view. */
export function viewOf(address: string, day: Day): View {
    const parts = new URLSearchParams(address.replace(/^#/, ""));
    const view = first(day);
    const of = <T extends string | number>(key: string, known: readonly T[], common: T): T =>
        known.find((one) => String(one) === parts.get(key)) ?? common;
    view.convention = of("convention", day.header.conventions.map((one) => one.name), view.convention);
    const convention = day.header.conventions.find((one) => one.name === view.convention);
    view.weight = (convention && weightsFor(convention, weightsOf(day)).find((one) => one === parts.get("weight"))) ?? null;
    view.side = of("side", SIDES, view.side);
    view.scope = of("scope", scopesOf(day).map((one) => one.name), view.scope);
    view.mode = of("view", MODES, view.mode);
    view.palette = of("palette", PALETTES, view.palette);
    view.theme = of("theme", THEMES, view.theme);
    view.contrast = of("contrast", CONTRASTS, view.contrast);
    view.scale = of("scale", ["trailing", "fixed"] as const, view.scale);
    view.speed = of("speed", SPEEDS, view.speed);
    const range = (key: string, plus: number): [number, number] | null => {
        const [low, high] = (parts.get(key) ?? "").split("-").map(Number);
        return high > low ? [low + plus, high + plus] : null;
    };
    view.x = range("x", day.midnight);
    view.y = range("y", 0);
    if (day.windows === 0) return view;
    const moment = Date.parse(`${parts.get("t") ?? ""}Z`);
    if (!Number.isNaN(moment)) view.moment = Math.max(0, day.columnAt(Math.round((moment / 1000 - day.midnight) / day.header.step_s) - 1));
    const since = Number(parts.get("since"));
    if (parts.has("since") && !Number.isNaN(since)) view.since = Math.max(0, day.columnAt(since));
    return view;
}
