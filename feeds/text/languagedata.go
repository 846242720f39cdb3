package text

// latinWords are the commonest words of each language in the Latin alphabet: those that a headline
// holds as often as a text. A word may stand under several languages; it then counts less. What
// follows an apostrophe is a word of its own: English 's, Turkish 'ya.
var latinWords = map[string]string{
	"en": `the a i of and to in is for on with that by at from as are was it be this has have an will not after his
		her their he she they but or its over who says said new more about into up out than been were would can
		could how why what when first two against amid before between during under talks deal how why your you our
		we us calls killed dead years year week day people government minister president court police war may
		there which one all no my should where while live latest top still may get gets make makes take takes
		meets army chief military visit visits eastern western general attack attacks strike strikes talks
		court crisis price prices market election leader leaders state world news free team 's 't 're 'll 've way back off down now just report reports face faces hit hits`,
	"fr": `le la les de des du et en un une est pour dans sur par au aux que qui ne pas plus avec son sa ses ce
		cette ces il elle ils nous vous je on mais ou où se leur leurs être sont été avait après entre sans sous
		contre deux comme fait dont selon ans depuis avant chez lors face vers aussi tout tous toute même encore
		peut pourquoi comment quand trois à l d qu s y a ont était premier ministre président guerre`,
	"de": `der die das und in den von zu mit ist im auf für nicht ein eine dem des sich an auch als nach bei aus
		hat einen einer eines wird am es sie er ich wir ihr aber oder wie was noch über vor bis zum zur unter gegen
		durch um nur so mehr sind war werden wurde haben kann will soll sein seine keine dass zwischen seit ohne
		warum wenn jetzt neue neuen neuer zwei drei beim vom ins jahr jahre jahren schon immer wieder mann frau`,
	"es": `el la los las de del y en un una es por para con que se no su sus al lo como más pero este esta estos
		está son fue ha han sin sobre entre tras desde hasta contra ser muy ya también donde cuando quien qué cómo
		por dos tres según ante durante años año día hoy le les me mi nos hay presidente gobierno guerra`,
	"it": `il lo la i gli le di del della dei delle dello nel nella nei e è in un una uno per con che non si su
		da dal dalla al alla ai alle sul sulla come più ma sono anche ha hanno dopo contro tra fra suo sua loro
		questo questa quando chi cosa due tre anni anno oggi ecco perché senza se già stato ora presidente governo`,
	"pt": `o a os as de do da dos das e em no na nos nas um uma é por para com que não se ao à seu sua mais como
		mas foi são tem após entre sobre contra até pelo pela pelos ele ela isso este esta quando dois três diz ser
		está já também muito anos ano dia hoje sem segundo ou presidente governo guerra`,
	"nl": `de het een en van in is op te dat die voor met niet zijn aan er om ook als bij naar uit over maar dan
		door nog wordt worden heeft hebben was werd na tot tegen onder geen meer deze dit hij zij ze we wat wie hoe
		waarom twee drie jaar nieuwe wil kan moet al zo toch`,
	"tr": `ve bir bu da de için ile ne çok daha gibi kadar sonra olarak olan oldu en var yok o mi mı mu mü ki
		ama her şey ya iki üç yeni son ilk göre karşı önce diye ise hem dedi etti ediyor olduğu bile biz ben siz
		onun bunu şu neden nasıl kim yıl gün türkiye başkanı bakanı saldırı açıkladı açıklama hakkında üzerine
		dolayı arasında tarafından olacak edildi büyük milyon bin lira kişi karar belli
		'a 'e 'ı 'i 'u 'ü 'ya 'ye 'yı 'yi 'yu 'yü 'da 'de 'ta 'te 'dan 'den 'tan 'ten 'ın 'in 'un 'ün 'nın 'nin 'nun 'nün
		'la 'le 'yla 'yle 'daki 'deki 'taki 'teki 'lar 'ler 'dır 'dir`,
	"az": `və bir bu üçün ilə də ki daha sonra olan olub edib görə qarşı var yox hər çox ən yeni iki azərbaycan`,
	"pl": `i w na z do nie się jest to że o po za od dla jak ale przez co przed przy są był była było jego jej
		ich tym tego ten ta które który która czy już tylko lat roku nad pod bez oraz może dwa nowy`,
	"ro": `și de la în pe cu nu un o din că pentru a al ale este sunt fost care mai după prin sau dar sa se lui
		ani cel către despre fără între anul au fi`,
	"sv": `och i att det som en på är av för med den till inte ett om har de var jag från han hon men vid ska
		kan efter under mot nya så sig sina sin mellan år över utan nu två där blir`,
	"da": `og i at det som en på er af for med den til ikke et om har de var jeg fra han hun men ved skal kan
		efter under mod nye så sig sine mellem år over uden nu to der bliver efter`,
	"nb": `og i at det som en på er av for med den til ikke et om har de var jeg fra han hun men ved skal kan
		etter under mot nye så seg mellom år over uten nå to der blir etter`,
	"id": `yang dan di dari untuk dengan pada ini itu dalam tidak akan ke oleh ada juga sebagai bisa saat telah
		atau karena lebih sudah kami kita mereka ia tahun baru jadi para usai hingga warga`,
	"hu": `a az és hogy nem is egy meg ez van volt már csak de el ki mint még lesz után miatt szerint lehet ne
		ha két új`,
	"cs": `a v na se je to že do z s o i za po pro ve by jsou byl být jako od ale není ze který která které už
		při jeho jak před bude nebo roku`,
	"vi": `và của là các có trong cho được với không một những người đã tại để này khi ở từ về sẽ năm đến bị`,
	"fi": `ja on ei se että oli mutta kun myös hän ovat sen tai niin kuin joka ole nyt vuonna mukaan uusi`,
	"sw": `na ya wa kwa ni la katika za kuwa cha hiyo huyo baada hii wake kama yake rais serikali`,
	"so": `iyo ka oo ku waa ee ah in uu ay soo la waxaa dalka madaxweynaha`,
}

// latinLetters are the letters that tell a language. A letter that several use stands under each.
var latinLetters = map[string]string{
	"fr": "éèêàçùôîïœâûë", "de": "äöüß", "es": "ñ¿¡áéíóú", "it": "èàòùì", "pt": "ãõçáéíóúâêô", "nl": "ĳëï",
	"tr": "ğışçöü", "az": "əğışçöü", "pl": "łżąęśćńźó", "ro": "ășțâîşţ", "sv": "åäö", "da": "åæø", "nb": "åæø",
	"hu": "őűáéíóöú", "cs": "ěřůčšžýáíéú", "vi": "đơưạảấầậắằặẻẽẹếềệỉịọỏốồộớờợụủứừựỳỵ", "fi": "äö",
}

// latinEndings are the endings by which a word without any other sign shows its language.
var latinEndings = map[string]string{
	"en": `ing tion tions ness ments ship ers ies ied ight ould ough ls ks ts`,
	"fr": `eux euse eurs eur ement ique iques aire aires ienne iens ité ités ée ées`,
	"de": `ung ungen keit heit schaft lich liche lichen isch ische ischen chen sch tz`,
	"es": `ción ciones dad dades ando iendo ado ados ada adas aron ía mente`,
	"it": `zione zioni ità ato ati ano ente enti ello ella ezza`,
	"pt": `ção ções dade ões ão ou eiro eira inho`,
	"nl": `heid ijk ijke ingen aat aan oor oek uur`,
	"tr": `lar ler ları leri nın nun nün ında inde unda ünde dan den yor dı dü tı mış miş
		acak ecek lık lik luk lük ması mesi mak mek nda nde ına ıyor iyor uyor üyor cı sı
		ndi ldi rdi ndı ldı rdı ttı tti ttü ldu ldü rdu rdü ıyla iyle ların lerin larla lerle larda lerde lardan lerden maz mez ısı
		usu üsü sını sini ığı iği uğu üğü ıcı ici dır dır ması mesi siz sız cek cak lığı liği yla yle rken arak erek`,
	"pl": `ów ych ego ami ach owy ski ska nie ć`,
	"fi": `ssa ssä lla llä ista isti nen taan`,
	"id": `kan nya`,
}

// arabicWords are the commonest words of the languages in the Arabic script.
var arabicWords = map[string]string{
	"ar": `في من على إلى الى أن عن مع هذا هذه التي الذي بعد قبل بين خلال لا ما كان كانت لم لن قد كل غير حول
		عام يوم ضد دون وقال قال ثم أو أكثر أول رئيس وزير الله حتى منذ عند إن كما بها به له لها عبر`,
	"ur": `کے کی میں کا ہے اور سے کو پر نے یہ کہ ہیں اس بھی تھا تھی ہو گیا گئی کر کیا نہیں وہ ایک جو لیے لئے
		تو ان پاکستان تک بعد ساتھ دیا رہا رہی رہے ہوئے ہوا ہوگا جائے وزیر اعظم خلاف والے آج سال`,
	"fa": `و در به از که این را با است برای آن یک تا بر می شد هم خود شود کرد های ها ایران ما اما یا بود شده
		کند نیز باید پس هر دو اند چه رئیس جمهور وی`,
	"ps": `د په چې له او کې نه یې ته دي دی هم سره شي شوي کړي پر ده`,
	"ku": `لە و بە بۆ کە ئەم لەگەڵ دەکات کرد سەر`,
}

// arabicLetters tell the languages in the Arabic script apart.
var arabicLetters = map[string]string{
	"ar": "ةىكيأإؤئ", "ur": "ٹڈڑںےہھۓگچپکی", "fa": "گچپژکی", "ps": "ټډړښڼېۍځڅږګ", "ku": "ێۆڵڕەڤ", "sd": "ڪٿڏڙڻڦڀ",
}

// cyrillicWords are the commonest words of the languages in the Cyrillic script.
var cyrillicWords = map[string]string{
	"ru": `и в на не что с по из за от для о как это его к у но а все был была были после до при сша россии
		россия то же бы во со об или из-за году лет где может`,
	"uk": `і в у на не що з за та до від для як це його про але або після при був була були україни україна
		є із зі та вже чи року років через під`,
	"bg": `на и в да за се от с не е че по са със ще като до при след това към няма беше или`,
	"sr": `и у је на да се за од са не су као из о што који али после до би`,
	"be": `і ў у на не што з за па для як гэта да пра пасля`,
}

// cyrillicLetters tell the languages in the Cyrillic script apart.
var cyrillicLetters = map[string]string{
	"ru": "ыэё", "uk": "іїєґ", "bg": "ъ", "sr": "јљњћђџ", "be": "ўіыэё", "mk": "ѓќѕј", "kk": "әғқңөұүһі",
}

// smallLanguages have a larger neighbour that they share most signs with; without a sign of their
// own the neighbour is meant.
const smallLanguages = "az nb be mk bg sr sd ps ku kk so sw"
