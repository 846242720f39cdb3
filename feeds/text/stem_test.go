package text_test

import (
	"testing"

	"github.com/tocsin-bot/tocsin/feeds/text"
)

func TestUrduWordsMeetTheirForms(t *testing.T) {
	t.Parallel()
	for _, forms := range [][]string{
		{"معاہدہ", "معاہدے", "معاہدوں"}, {"طیارہ", "طیارے", "طیاروں"}, {"عدالت", "عدالتیں", "عدالتوں"},
		{"پاکستان", "پاکستانی"}, {"لیبیا", "لیبیائی"}, {"فوج", "فوجی"},
	} {
		want := text.Stem(forms[0], "ur")
		for _, f := range forms[1:] {
			if got := text.Stem(f, "ur"); got != want {
				t.Errorf("%s is %s, %s is %s", f, got, forms[0], want)
			}
		}
	}
	if text.Stem("معاہدہ", "ur") == text.Stem("معاشرہ", "ur") {
		t.Error("a treaty is no society")
	}
}
