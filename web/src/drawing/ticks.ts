/** Which strikes are labelled: existing ones, on the smallest round step whose labels do not touch. */

const STEPS = [1, 2.5, 5, 10, 20, 25, 50, 100, 200, 250, 500, 1000, 2000];

/** `apart` is the least distance of labels, in the pixels that `perPoint` counts. */
export function labelled(strikes: ArrayLike<number>, low: number, high: number, perPoint: number, apart: number): number[] {
    const step = STEPS.find((one) => one * perPoint >= apart) ?? high - low;
    const found: number[] = [];
    for (let place = 0; place < strikes.length; place++) {
        const strike = strikes[place];
        if (strike >= low && strike <= high && strike % step === 0) found.push(strike);
    }
    return found;
}
