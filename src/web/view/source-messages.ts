import type { Language } from '../shell/text/language.ts';
import { plural } from '../shell/text/plural.ts';

type SourceMessages = typeof english;

/** The notices above a source text; `late`, `deep` and `large` say why it is not rendered. */
const english = {
  late: 'Rendering this took too long, so you see its source.',
  deep: 'This is nested too deeply to be rendered, so you see its source.',
  large: 'This is too large to be rendered, so you see its source.',
  directionControls: 'This text has invisible characters that change the text direction. They are marked.',
  firstLines: (count: number) =>
    plural('en', count, { other: 'Only the first # lines are shown. Download it to see the rest.' }),
};

export const sourceMessages: Record<Language, SourceMessages> = {
  en: english,
  de: {
    late: 'Das Darstellen hat zu lange gedauert, deshalb sehen Sie den Quelltext.',
    deep: 'Das ist zum Darstellen zu tief verschachtelt, deshalb sehen Sie den Quelltext.',
    large: 'Das ist zum Darstellen zu groß, deshalb sehen Sie den Quelltext.',
    directionControls:
      'Dieser Text enthält unsichtbare Zeichen, die die Schreibrichtung ändern. Sie sind markiert.',
    firstLines: (count) =>
      plural('de', count, {
        other:
          'Nur die ersten # Zeilen werden angezeigt. Laden Sie den Inhalt herunter, um den Rest zu sehen.',
      }),
  },
  es: {
    late: 'Mostrarlo con formato tardaba demasiado, así que ve el código fuente.',
    deep: 'Está anidado a demasiada profundidad para mostrarlo con formato, así que ve el código fuente.',
    large: 'Es demasiado grande para mostrarlo con formato, así que ve el código fuente.',
    directionControls:
      'Este texto contiene caracteres invisibles que cambian la dirección de la escritura. Están marcados.',
    firstLines: (count) =>
      plural('es', count, {
        other: 'Solo se muestran las primeras # líneas. Descárguelo para ver el resto.',
      }),
  },
  fr: {
    late: 'La mise en forme prenait trop de temps : voici la source.',
    deep: 'L’imbrication est trop profonde pour une mise en forme : voici la source.',
    large: 'Le contenu est trop volumineux pour une mise en forme : voici la source.',
    directionControls:
      'Ce texte contient des caractères invisibles qui changent le sens d’écriture. Ils sont signalés.',
    firstLines: (count) =>
      plural('fr', count, {
        other: 'Seules les # premières lignes sont affichées. Téléchargez le contenu pour voir la suite.',
      }),
  },
  ja: {
    late: '表示の処理に時間がかかりすぎたため、ソースを表示しています。',
    deep: '入れ子が深すぎるため、ソースを表示しています。',
    large: '大きすぎるため、ソースを表示しています。',
    directionControls:
      'この文章には、書字方向を変える見えない文字が含まれています。該当箇所に印を付けています。',
    firstLines: (count) =>
      plural('ja', count, { other: '先頭の#行だけを表示しています。残りはダウンロードしてご覧ください。' }),
  },
  pt: {
    late: 'Formatar isto demorou demais, por isso você vê o código-fonte.',
    deep: 'Isto está aninhado demais para ser formatado, por isso você vê o código-fonte.',
    large: 'Isto é grande demais para ser formatado, por isso você vê o código-fonte.',
    directionControls:
      'Este texto tem caracteres invisíveis que mudam a direção da escrita. Eles estão marcados.',
    firstLines: (count) =>
      plural('pt', count, { other: 'Só as primeiras # linhas são mostradas. Baixe para ver o resto.' }),
  },
};
