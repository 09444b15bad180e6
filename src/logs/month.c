/* SPDX-License-Identifier: BSD-2-Clause */
/* Looks names of months up. */
#include "logs/month.h"

#include "base/ascii.h"

/*
 * English, and what strftime(3) of the C library writes for %b in the languages of Europe, in lower case where it is ASCII,
 * without the point behind.  Left out is what is of two months: lip, lis, srp (Croatian, Polish, Czech).
 */
static const char *const names[12] = {
	" jan ene gen ian jaan janv jän led oca saus sij sty tammi Ιαν Янв січ янв яну јан ",
	" feb febr fev fév févr helmi lut vas veebr velj úno Şub Φεβ Фев лют феб фев ",
	" mar bře kov maalis mars març mrt márc mär märts ožu Μάρ Μαρ Мар бер мар ",
	" apr abr april avr avril bal dub huhti kwi nis tra ápr Απρ Апр апр кві ",
	" may geg kvě mag mai maig maj mei máj svi touko Μάι Μαΐ Май май мая мај тра ",
	" jun birž cze giu haz iun juin juni juny juuni jún jūn kesä čen Ιουν Ιούν Июн июн чер юни јун ",
	" jul heinä iul jui juil juli juuli júl jūl liep lug tem čec Ιουλ Ιούλ Июл июл лип юли јул ",
	" aug ag ago aoû août avg ağu elo kol rugp sie Αυγ Αύγ Авг авг сер ",
	" sep eyl rugs ruj sept set syys szept wrz zář Σεπ Сен вер сен сеп ",
	" oct eki loka okt ott out paź spal říj Οκτ Окт жов окт ",
	" nov kas lapkr marras stu Νοέ Νοε Ноя лис нов ное ноя ",
	" dec ara des dets dez dic déc gru gruod joulu pro Δεκ Дек гру дек дец ",
};

static int of_number(struct span word)
{
	int month = 0;

	for (; word.length > 0 && ascii_is_digit(word.text[0]) && month < 10; word = span_after(word, 1))
		month = month * 10 + (word.text[0] - '0');
	return month <= 12 && (SPAN_IS(word, "月") || SPAN_IS(word, "월")) ? month : 0;
}

int month_of(struct span word)
{
	char wanted[MONTH_BYTES_MAX + 2] = " ";

	if (word.length == 0 || word.length > MONTH_BYTES_MAX)
		return 0;
	if (ascii_is_digit(word.text[0]))
		return of_number(word);
	word.length -= word.text[word.length - 1] == '.';
	for (size_t i = 0; i < word.length; i++)
		wanted[i + 1] = ascii_lower(word.text[i]);
	wanted[word.length + 1] = ' ';
	for (int i = 0; i < 12; i++)
		if (memmem(names[i], strlen(names[i]), wanted, word.length + 2))
			return i + 1;
	return 0;
}
