/** Colours of signed numbers: from the background over a middle tone to a bright one, interpolated in OKLab. */

export type PaletteName = "red-green" | "blue-orange";
export type Theme = "dark" | "light";

interface Ramp {
    negative: string[];
    positive: string[];
}

/**
 * Stops after the background. Green leans to blue and red to yellow: that is what readers with red-green blindness see of them.
 * Blue and orange are far apart for them.
 */
const RAMPS: Record<Theme, Record<PaletteName, Ramp>> = {
    dark: {
        "red-green": { negative: ["#541808", "#a62612", "#ff5148"], positive: ["#063f43", "#0b847c", "#4be6c0"] },
        "blue-orange": { negative: ["#4a2505", "#a85406", "#ffa63d"], positive: ["#0c2c55", "#1b66b8", "#6fc0ff"] },
    },
    light: {
        "red-green": { negative: ["#f8c8ae", "#de6a4a", "#9c1408"], positive: ["#c1ece9", "#35b0a9", "#005e58"] },
        "blue-orange": { negative: ["#fbe3c8", "#eca04c", "#9c4a00"], positive: ["#d5e7f8", "#5a9fdc", "#0b3f86"] },
    },
};

export const STEPS = 96;

type Lab = [number, number, number];

function labOf(hex: string): Lab {
    const [r, g, b] = [1, 3, 5].map((at) => {
        const c = parseInt(hex.slice(at, at + 2), 16) / 255;
        return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
    });
    const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
    const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
    const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
    return [
        0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
        1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
        0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
    ];
}

function rgbOf([L, a, b]: Lab): [number, number, number] {
    const l = (L + 0.3963377774 * a + 0.2158037573 * b) ** 3;
    const m = (L - 0.1055613458 * a - 0.0638541728 * b) ** 3;
    const s = (L - 0.0894841775 * a - 1.291485548 * b) ** 3;
    const linear = [
        4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
        -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
        -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
    ];
    return linear.map((c) => {
        const encoded = c <= 0.0031308 ? 12.92 * c : 1.055 * c ** (1 / 2.4) - 0.055;
        return Math.round(255 * Math.max(0, Math.min(1, encoded)));
    }) as [number, number, number];
}

function mix(a: Lab, b: Lab, share: number): Lab {
    return [a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share, a[2] + (b[2] - a[2]) * share];
}

/** A colour as canvases keep it in memory, on machines that store the low byte first: all that browsers run on. */
function packed([r, g, b]: [number, number, number]): number {
    return ((255 << 24) | (b << 16) | (g << 8) | r) >>> 0;
}

export class Palette {
    /** 2·STEPS + 1 colours from most negative to most positive, the background in the middle. */
    readonly colours: Uint32Array;
    /** The same ever paler, for old quotes; the first are not. */
    readonly faded: readonly Uint32Array[];
    /** What stands between the strokes of a hatched cell. */
    readonly hatched: Uint32Array;
    readonly background: number;
    readonly missing: number;
    private readonly hex: string[] = [];

    constructor(name: PaletteName, theme: Theme, background: string, missing: string) {
        const ramp = RAMPS[theme][name];
        const ground = labOf(background);
        const sides = [ramp.negative, ramp.positive].map((stops) => [ground, ...stops.map(labOf)]);
        this.colours = new Uint32Array(2 * STEPS + 1);
        this.faded = [0, 1, 2, 3].map((degree) => (degree === 0 ? this.colours : new Uint32Array(2 * STEPS + 1)));
        this.hatched = new Uint32Array(2 * STEPS + 1);
        for (let step = -STEPS; step <= STEPS; step++) {
            const stops = sides[step < 0 ? 0 : 1];
            const place = (Math.abs(step) / STEPS) * (stops.length - 1);
            const low = Math.min(stops.length - 2, Math.floor(place));
            const lab = mix(stops[low], stops[low + 1], place - low);
            const rgb = rgbOf(lab);
            this.colours[step + STEPS] = packed(rgb);
            for (const degree of [1, 2, 3]) this.faded[degree][step + STEPS] = packed(rgbOf(mix(ground, lab, 1 - 0.2 * degree)));
            this.hatched[step + STEPS] = packed(rgbOf(mix(ground, lab, 0.25)));
            this.hex.push(`#${rgb.map((part) => part.toString(16).padStart(2, "0")).join("")}`);
        }
        this.background = packed(rgbOf(ground));
        this.missing = packed(rgbOf(labOf(missing)));
    }

    /** Colour of a share of the scale, from -1 to 1, as #rrggbb. */
    hexOf(share: number): string {
        return this.hex[stepOf(share) + STEPS];
    }
}

/** Step of a share of the scale: sign · √|share|, so that strikes of a tenth of the largest are still seen. 0 where no scale is known. */
export function stepOf(share: number): number {
    if (share !== share) return 0;
    const size = Math.sqrt(Math.min(1, Math.abs(share)));
    return Math.round((share < 0 ? -size : size) * STEPS);
}

/** #rrggbb as canvases keep it in memory. */
export function packedOf(hex: string): number {
    return packed([1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16)) as [number, number, number]);
}

/** Two packed colours, the second with a share of 0 to 1. */
export function mixed(a: number, b: number, share: number): number {
    const red = (a & 255) + ((b & 255) - (a & 255)) * share;
    const green = ((a >>> 8) & 255) + (((b >>> 8) & 255) - ((a >>> 8) & 255)) * share;
    const blue = ((a >>> 16) & 255) + (((b >>> 16) & 255) - ((a >>> 16) & 255)) * share;
    return ((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0;
}
