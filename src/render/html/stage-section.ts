import type { ReportModel } from '../../report/report-model.ts';
import { besideLines } from '../details.ts';
import { formatCount, inUnit, NONE } from '../format-ns.ts';
import { bandSentence, totalParts } from '../sentences.ts';
import { stageGrid } from '../stage-grid.ts';
import { percentileExists, type SideRows, type StageRow, type StageTable, stageNs } from '../stage-rows.ts';
import { bullets, chart } from './blocks.ts';
import { html, type Markup, NOTHING } from './markup.ts';

/** A column of numbers: what it is called, and whether it is left out where the page is narrow. */
interface NumberColumn {
  readonly title: string;
  readonly wide: boolean;
  stage(row: StageRow): { readonly text: string; readonly sort: number | null };
  side(group: SideRows): string;
  readonly total: string;
}

/** Where the time goes: the stacks, the table, and what stands beside it. */
export function stageSection(model: ReportModel, table: StageTable): Markup {
  const notes = stageGrid(table, model).footnotes;
  return html`<section id="stages" aria-labelledby="stages-h">
<h2 id="stages-h">Where the time goes</h2>
<p class="figures">${totalParts(model, table).map((part) => html`<span>${part}</span>`)}</p>
${chart('stacks', 'Mean, typical and slow request as stacked bars; the table below holds the same numbers.', true)}
<p class="note">${bandSentence(model, table)} Each bar is its own 100 %; letters as in the table.</p>
${stageTableOf(model, table)}
${bullets(notes, 'note')}
<p class="note narrow">A wider window shows min, p50, p90, max and n as well.</p>
${besideOf(model)}
</section>`;
}

function besideOf(model: ReportModel): Markup {
  const lines = besideLines(model);
  return lines.length === 0 ? NOTHING : html`<h3>Beside the critical path</h3>${bullets(lines)}`;
}

function stageTableOf(model: ReportModel, table: StageTable): Markup {
  const columns = numberColumns(model, table);
  const head = columns.map(
    ({ title, wide }) =>
      html`<th scope="col" class="${wide ? 'number wide' : 'number'}"><button type="button">${title}</button></th>`,
  );
  return html`<div class="scroll" role="region" aria-labelledby="stages-h" tabindex="0"><table class="stages sortable">
<caption class="hidden">Stages of a request, in ${table.unit.name}. The buttons in the head sort.</caption>
<thead><tr><th scope="col" aria-sort="ascending"><button type="button">stage, ${table.unit.name}</button></th>${head}</tr></thead>
${table.sides.map((group) => sideBody(group, columns))}
<tfoot><tr><th scope="row">total</th>${columns.map(({ total, wide }) => numberCell(total, wide))}</tr></tfoot>
</table></div>`;
}

function sideBody(group: SideRows, columns: readonly NumberColumn[]): Markup {
  const sums = columns.map((column) => numberCell(column.side(group), column.wide));
  return html`<tbody class="${group.side}"><tr class="side"><th scope="rowgroup">${group.side}</th>${sums}</tr>
${group.rows.map((row) => stageRow(row, columns))}</tbody>
`;
}

function stageRow(row: StageRow, columns: readonly NumberColumn[]): Markup {
  const { stage, key } = row;
  const parts = stage.id.split('+').length;
  const note = [
    ...(parts > 1 ? [`${parts} stages merged`] : []),
    ...(stage.bounded ? ['within what the clocks leave open'] : []),
  ].join(', ');
  const cells = columns.map((column) => {
    const { text, sort } = column.stage(row);
    return html`<td class="${column.wide ? 'number wide' : 'number'}" data-sort="${sort ?? ''}">${text}</td>`;
  });
  return html`<tr class="stage ${stage.side}"><th scope="row"><span class="named"><span class="key">${key}</span> <span class="name"><b>${breakable(stage.id)}</b> <span class="title">${stage.title}</span><span class="ends">${breakable(stage.from)} → ${breakable(stage.to)}${note === '' ? '' : `; ${note}`}</span></span></span></th>${cells}</tr>
`;
}

/** Ids break where their words do, not inside. */
function breakable(id: string): Markup[] {
  return id.split(/(?<=[-+:])/).map((part, at) => (at === 0 ? html`${part}` : html`<wbr>${part}`));
}

function numberCell(text: string, wide: boolean): Markup {
  return html`<td class="${wide ? 'number wide' : 'number'}">${text}</td>`;
}

function numberColumns(model: ReportModel, table: StageTable): NumberColumn[] {
  const { total, requests } = model;
  const percentile = (title: string, fraction: number, wide: boolean, pick: (of: DistLike) => number) => ({
    title,
    wide,
    stage: ({ stage }: StageRow) =>
      percentileExists(stage.n, fraction)
        ? { text: stageNs(stage, pick(stage), table.unit), sort: pick(stage) }
        : { text: NONE, sort: null },
    side: () => '',
    total: percentileExists(requests.matched, fraction) ? inUnit(table.unit, pick(total)) : NONE,
  });
  const perRequest: NumberColumn = {
    title: table.mixed ? 'a request' : 'mean',
    wide: false,
    stage: (row) => ({ text: table.mixed ? row.perRequest : row.mean, sort: row.perRequestNs }),
    side: ({ sum }) => sum,
    total: table.total,
  };
  const mean: NumberColumn = {
    title: 'mean',
    wide: true,
    stage: ({ mean, stage }) => ({ text: mean, sort: stage.meanNs }),
    side: () => '',
    total: table.total,
  };
  const plusMinus: NumberColumn = {
    title: '±',
    wide: true,
    stage: ({ plusMinus, stage }) => ({
      text: plusMinus,
      sort: plusMinus === '' ? null : stage.uncertaintyNs,
    }),
    side: () => '',
    total: '',
  };
  const count: NumberColumn = {
    title: 'n',
    wide: true,
    stage: ({ n, stage }) => ({ text: n, sort: stage.n }),
    side: () => '',
    total: formatCount(requests.matched),
  };
  return [
    perRequest,
    ...(table.mixed ? [mean] : []),
    ...(table.crossClock ? [plusMinus] : []),
    percentile('min', 0, true, ({ minNs }) => minNs),
    percentile('p50', 0, true, ({ p50Ns }) => p50Ns),
    percentile('p90', 0.9, true, ({ p90Ns }) => p90Ns),
    percentile('p99', 0.99, false, ({ p99Ns }) => p99Ns),
    percentile('max', 0, true, ({ maxNs }) => maxNs),
    {
      title: 'share',
      wide: false,
      stage: ({ share, stage }) => ({ text: share, sort: stage.share }),
      side: ({ share }) => share,
      total: '100 %',
    },
    count,
  ];
}

type DistLike = Pick<ReportModel['total'], 'minNs' | 'p50Ns' | 'p90Ns' | 'p99Ns' | 'maxNs'>;
