/** Types of a day's header, as Python writes it into the page. The same format serves the file, the replay and the live feed. */

type Kind = "linear" | "log" | "code";
export type Axis = "day" | "expirations" | "lines" | "levels" | "profile";

export interface ColumnSpec {
    name: string;
    axis: Axis;
    blob: string;
    kind: Kind;
    step?: number;
    /** Steps of blocks of rows, equally large, in place of one step. */
    steps?: number[];
    base?: number;
    /** Windows that share one value. */
    every: number;
    planes: number;
    offset: number;
    unit?: string;
    label?: string;
}

export interface Expiration {
    ts_ns: string;
    date: string;
    label: string;
    underlying: string;
    multiplier: number;
    is_0dte: boolean;
    selected: boolean;
}

export interface Convention {
    name: string;
    version: number;
    weight: string | null;
    scale: "usd_per_1pct" | "usd_per_point" | "delta_per_point" | "contracts_per_1pct";
    unit: string;
    sign_model: "long_call_short_put" | "short_call_long_put" | "flow_signed" | "gross";
}

interface Session {
    start_k: number;
    end_k: number;
    session_date: string;
    label?: string;
}

/** Rows of the profile: curve by curve, price by price. */
interface ProfileGrid {
    prices: number[];
}

export interface Header {
    format: number;
    product: string;
    date: string;
    title: string;
    step_s: number;
    /** Every how many windows one is kept. */
    stride?: number;
    midnight_ns: string;
    windows: number;
    sessions: Session[];
    regular_hours?: [number, number][];
    expirations: Expiration[];
    lines: { expiration: number; strike: number }[];
    conventions: Convention[];
    levels: { convention: string; scope: string }[];
    codes: Record<string, string[]>;
    profile?: ProfileGrid | null;
    /** Curves of the profile, in order of their rows. */
    profiles?: { convention: string; scope: string }[];
    notes?: string[];
    /** Where events come from; `grows` where windows come too, as in a replay, and not only news of the day. */
    live?: { events: string; grows?: boolean } | null;
    columns: ColumnSpec[];
}

/** One window as replay and the live feed send it: plain numbers by column, null where missing. */
export interface WindowMessage {
    k: number;
    ts_window_end?: string;
    columns: Record<string, Cell | Cell[]>;
}

export type Cell = number | string | null;

/** Most windows of a day: 24 hours of 5 seconds. */
export const WINDOWS_OF_A_DAY = 17_280;

export const FORMAT = 2;
