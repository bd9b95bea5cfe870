/** What a comparison says in words; the same for all formats. Strings of the model are escaped before they come here. */
import type { Difference, DiffModel, SettingDifference, StageDifference } from '../diff/diff-model.ts';
import { formatCount, formatDuration, formatShare, NONE } from './format-ns.ts';

/** '+1.23 µs', '−4 ns', '0 ns'. */
export function signed(ns: number): string {
  if (!Number.isFinite(ns)) return NONE;
  const text = formatDuration(Math.abs(ns));
  return /^[0.]+ ns$/.test(text) ? text : `${ns < 0 ? '−' : '+'}${text}`;
}

/** '−1.20 µs to +4.10 µs'; '–' where too few units leave it open. */
export function intervalText({ lowNs, highNs }: { readonly lowNs: number; readonly highNs: number }): string {
  return Number.isFinite(lowNs) && Number.isFinite(highNs) ? `${signed(lowNs)} to ${signed(highNs)}` : NONE;
}

/** Of A: '+31 %'; '–' where A has nothing. */
export function changeText({ aNs, ns }: Difference): string {
  if (!(aNs > 0)) return NONE;
  const share = Math.abs(ns / aNs);
  const text = share < 0.0995 ? formatShare(share, 1) : formatShare(share);
  return ns === 0 ? '0 %' : `${ns < 0 ? '−' : '+'}${text}`;
}

/** What the columns of the table are. */
export const COLUMN_NOTE =
  '±: half of the 95 % interval, of each row alone. Of A: the difference as a share of A’s own time in the stage. B longer: chance that a request of B takes longer there than one of A.';

export function shownStages({ stages }: DiffModel): StageDifference[] {
  return stages.filter(({ shown }) => shown !== 'no');
}

const MOST_NAMED = 4;

/** The answer, in one sentence. */
export function diffVerdict(model: DiffModel): string {
  const { total, stages } = model;
  const moved = shownStages(model).toSorted((x, y) => Math.abs(y.ns) - Math.abs(x.ns));
  const where = [
    ...moved.slice(0, MOST_NAMED).map((stage) => `${stage.id} ${stageText(stage)}`),
    ...(moved.length > MOST_NAMED ? [`${moved.length - MOST_NAMED} more`] : []),
  ].join(', ');
  if (total.shown !== 'no') {
    const all = `B is ${total.shown}: ${movedText(total)} a request (${changeText(total)}).`;
    if (moved.length > 0) return `${all} It shows in ${where}.`;
    return stages.length === 0 ? all : `${all} No single stage shows it.`;
  }
  if (moved.length > 0)
    return `${moved.length === 1 ? 'One stage differs' : `${moved.length} stages differ`}: ${where}. Of the total, no difference is shown.`;
  return 'No difference shown.';
}

/** By the mean, or by the bulk where only that shows it: then the mean is lost in its tail. */
function movedText({ ns, by, bulk }: Difference): string {
  return by === 'bulk' && bulk !== null ? `${signed(bulk.ns)} (without its tails)` : signed(ns);
}

function stageText(stage: StageDifference): string {
  if (stage.ofA.length === 0) return `${signed(stage.ns)} (only B has it)`;
  return stage.ofB.length === 0 ? `${signed(stage.ns)} (only A has it)` : movedText(stage);
}

/** The figures behind it. */
export function totalSentence({ total }: DiffModel): string {
  const interval = intervalText(total);
  const within = interval === NONE ? '' : `, 95 % interval ${interval}`;
  return `A takes ${formatDuration(total.aNs)} a request, B ${formatDuration(total.bNs)}: ${signed(total.ns)} (${changeText(total)})${within}.`;
}

/** What would have been seen; '' where nothing could be. */
export function powerSentence({ total }: DiffModel): string {
  // Where nothing varies there is no smallest one.
  return Number.isFinite(total.smallestNs) && total.smallestNs > 0
    ? `Of the total, a difference of about ${formatDuration(total.smallestNs)} or more would be shown.`
    : '';
}

/** 'A slower request in 63 % of pairs' in words. */
export function chanceSentence({ total }: DiffModel): string {
  return total.slowerChance === null
    ? ''
    : `A request of B takes longer than one of A in ${formatShare(total.slowerChance)} of all pairs (50 %: none does more than the other).`;
}

/** How it was tested. */
export function methodSentence({ method, kind }: DiffModel): string {
  const { unit, unitsA, unitsB, paired, resamples, questions } = method;
  if (unit === 'none') return 'Nothing was tested.';
  const units =
    unit === 'runs'
      ? `${unitsA} runs of A and ${unitsB} of B`
      : paired
        ? `${unitsA} blocks of differences of the same request`
        : `${unitsA} blocks of consecutive requests of each side`;
  const asked = questions === 1 ? '' : `, corrected for ${questions} questions (Holm)`;
  const further =
    kind === 'fio' || unit === 'runs'
      ? ''
      : ' A difference also has to be twice what the recordings stray by themselves, and more than the clocks leave open.';
  return `Studentised bootstrap of ${units}, ${formatCount(resamples)} draws${asked}.${further}`;
}

/** 'queue depth: A 1, B 4'. */
export function settingText({ name, a, b }: SettingDifference): string {
  return `${name}: A ${a ?? 'has none'}, B ${b ?? 'has none'}`;
}

/** Settings that matter and differ, and what limits the comparison. */
export function warnings({ matters, notes }: DiffModel): string[] {
  return [...matters.map((each) => `Not the same on both sides: ${settingText(each)}.`), ...notes];
}

/** 'A: title, 500 requests, grade A'; of several runs their means as well. */
export function sideLines(model: DiffModel): string[] {
  return (['a', 'b'] as const).map((key) => {
    const { title, runs, requests } = model[key];
    const grades = [...new Set(runs.flatMap(({ grade }) => (grade === null ? [] : [grade])))].toSorted();
    const means =
      runs.length < 2 ? '' : `, means ${runs.map(({ meanNs }) => formatDuration(meanNs)).join(', ')}`;
    const graded = grades.length === 0 ? '' : `, grade ${grades.join(', ')}`;
    return `${key.toUpperCase()}: ${title}, ${formatCount(requests)} requests${graded}${means}`;
  });
}
