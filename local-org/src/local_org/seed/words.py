"""Vocabulary of the demo data: countries, company words, people's names, products.

Company stems are put together from syllables, so that no real company is meant.
"""

from __future__ import annotations

from dataclasses import dataclass


def _list(text: str) -> tuple[str, ...]:
    return tuple(text.split("|"))


@dataclass(frozen=True)
class Country:
    """How companies and people of one country look.

    Attributes:
        name: as Salesforce shows it in an address.
        weight: how many of a hundred demo accounts are from here.
        people: key into `FIRST_NAMES` and `LAST_NAMES`.
        tlds: endings of company domains, the commonest first.
        legal: legal forms that follow a company's name.
        dial: the start of a phone number.
        cities: (city, state or None, start of the postal code).
    """

    name: str
    weight: int
    people: str
    tlds: tuple[str, ...]
    legal: tuple[str, ...]
    dial: str
    cities: tuple[tuple[str, str | None, str], ...]


COUNTRIES: tuple[Country, ...] = (
    Country(
        "United States",
        46,
        "en",
        ("com", "com", "com", "io", "ai", "net", "org", "us"),
        ("Inc.", "Inc", "LLC", "Corp.", "Corporation", "Co.", "Holdings, Inc.", "Group", ""),
        "+1 ",
        (
            ("San Francisco", "CA", "941"),
            ("Austin", "TX", "787"),
            ("New York", "NY", "100"),
            ("Chicago", "IL", "606"),
            ("Boston", "MA", "021"),
            ("Seattle", "WA", "981"),
            ("Denver", "CO", "802"),
            ("Raleigh", "NC", "276"),
            ("Columbus", "OH", "432"),
            ("Winston-Salem", "NC", "271"),
        ),
    ),
    Country(
        "United Kingdom",
        13,
        "en",
        ("co.uk", "co.uk", "com", "uk", "org.uk", "ltd.uk"),
        ("Ltd", "Limited", "PLC", "LLP", ""),
        "+44 ",
        (
            ("London", None, "EC1A "),
            ("Manchester", None, "M1 "),
            ("Bristol", None, "BS1 "),
            ("Edinburgh", "Scotland", "EH1 "),
            ("Newcastle upon Tyne", None, "NE1 "),
        ),
    ),
    Country(
        "Germany",
        11,
        "de",
        ("de", "de", "com", "eu"),
        ("GmbH", "AG", "GmbH & Co. KG", "SE", "e.K."),
        "+49 ",
        (
            ("München", "Bayern", "80"),
            ("Berlin", "Berlin", "10"),
            ("Köln", "Nordrhein-Westfalen", "50"),
            ("Düsseldorf", "Nordrhein-Westfalen", "40"),
        ),
    ),
    Country(
        "France",
        7,
        "fr",
        ("fr", "fr", "com"),
        ("SA", "SAS", "SARL", "& Fils"),
        "+33 ",
        (("Paris", "Île-de-France", "75"), ("Lyon", "Rhône", "69"), ("Nîmes", "Gard", "30")),
    ),
    Country(
        "Spain",
        4,
        "es",
        ("es", "com", "com.es"),
        ("S.A.", "S.L.", "S.L.U."),
        "+34 ",
        (("Madrid", "Madrid", "280"), ("A Coruña", "Galicia", "150"), ("Cádiz", "Andalucía", "110")),
    ),
    Country(
        "Brazil",
        3,
        "es",
        ("com.br", "com.br", "br.com"),
        ("Ltda.", "S/A"),
        "+55 ",
        (("São Paulo", "SP", "010"), ("Brasília", "DF", "700")),
    ),
    Country(
        "Sweden",
        3,
        "sv",
        ("se", "com", "nu"),
        ("AB", "AB (publ)"),
        "+46 ",
        (("Göteborg", None, "411 "), ("Malmö", None, "211 "), ("Stockholm", None, "111 ")),
    ),
    Country(
        "Japan",
        4,
        "ja",
        ("co.jp", "co.jp", "jp"),
        ("株式会社", "K.K."),
        "+81 ",
        (("千代田区", "東京都", "100-"), ("大阪市", "大阪府", "530-"), ("横浜市", "神奈川県", "220-")),
    ),
    Country(
        "China",
        3,
        "zh",
        ("cn", "com.cn", "com"),
        ("有限公司", "Co., Ltd."),
        "+86 ",
        (("上海", "上海市", "2000"), ("深圳", "广东省", "5180")),
    ),
    Country(
        "India",
        3,
        "in",
        ("in", "co.in", "com"),
        ("Pvt. Ltd.", "Limited"),
        "+91 ",
        (("Bengaluru", "Karnataka", "5600"), ("Pune", "Maharashtra", "4110")),
    ),
    Country(
        "Israel",
        2,
        "he",
        ("co.il", "com", "org.il"),
        ('בע"מ', "Ltd."),
        "+972 ",
        (("תל אביב", None, "61"), ("Haifa", None, "31")),
    ),
    Country(
        "United Arab Emirates",
        1,
        "ar",
        ("ae", "com"),
        ("ش.م.م", "FZ-LLC"),
        "+971 ",
        (("دبي", None, "0000"), ("Abu Dhabi", None, "0000")),
    ),
)

STEM_STARTS = _list(
    "Al|Ar|Bel|Bra|Cal|Cor|Dal|Del|Dun|El|Far|Fen|Gal|Gor|Hal|Har|Hol|Il|Jor|Kal|Kes|Lan|Lor"
    "|Mal|Mar|Mon|Nor|Ol|Or"
    "|Pel|Por|Quil|Ral|Ros|Sal|Sel|Sil|Tal|Tor|Ul|Val|Ven|Wal|Win|Xan|Yar|Zel"
)
STEM_MIDDLES = _list(
    "a|e|i|o|u|ba|da|de|di|do|ga|ka|la|le|li|lo|ma|me|mi|mo|na|ne|ni|no|ra|re|ri|ro|sa|ta|te|ti|va|ve|vi"
)
STEM_ENDS = _list(
    "beck|berg|bury|by|cott|dale|den|dine|don|field|ford|gate|ham|holm|ix|land|lane|ler|line"
    "|lis|lund|mark|mere|mont"
    "|more|nex|ney|nor|ris|rock|ron|sen|shire|side|son|stead|ston|tek|ter|thorpe|tis|tron|vale"
    "|vara|vex|via|ville|well"
    "|wick|worth|zen"
)
UMLAUT_STEMS = (
    "Müller-Bau",
    "Grünwald",
    "Schönfeld",
    "Brückner",
    "Häusler",
    "Königsee",
    "Löwenthal",
    "Süßkind",
)
NATIVE_NAMES = {
    "ja": (
        "東雲商事",
        "青葉電機",
        "富岳ソリューションズ",
        "みなと精工",
        "北斗テクノ",
        "さくら物産",
        "瑞穂システム",
    ),
    "zh": ("华信科技", "东方远航", "金穗实业", "明德软件", "瑞丰贸易", "鹏程电子"),
    "he": ("אור טכנולוגיות", "גל מערכות", "נוף שירותים", "ארז פתרונות"),
    "ar": ("الواحة للتقنية", "النخيل للتجارة", "الخليج للأنظمة"),
}
# word in the company's name, and its Industry
TRADES: tuple[tuple[str, str], ...] = (
    ("Software", "Technology"),
    ("Systems", "Technology"),
    ("Analytics", "Technology"),
    ("Robotics", "Machinery"),
    ("Biotech", "Biotechnology"),
    ("Chemicals", "Chemicals"),
    ("Foods", "Food & Beverage"),
    ("Logistics", "Transportation"),
    ("Shipping", "Shipping"),
    ("Energy", "Energy"),
    ("Partners", "Consulting"),
    ("Consulting", "Consulting"),
    ("Bank", "Banking"),
    ("Capital", "Finance"),
    ("Insurance", "Insurance"),
    ("Media", "Media"),
    ("Apparel", "Apparel"),
    ("Retail", "Retail"),
    ("Health", "Healthcare"),
    ("University", "Education"),
    ("Telecom", "Telecommunications"),
    ("Construction", "Construction"),
    ("Manufacturing", "Manufacturing"),
    ("Hotels", "Hospitality"),
    ("Water", "Utilities"),
    ("Farms", "Agriculture"),
    ("Electronics", "Electronics"),
    ("Foundation", "Not For Profit"),
)
ODD_NAMES: tuple[str, ...] = (
    # what people really type into Account Name
    'Smith, Jones & "Partners"',
    "O'Brien's Bakery",
    "Comma, Quote \" and 'Apostrophe', Inc.",
    "<b>Bold</b> & Sons",
    "🚀 Rocketeers",
    "Café Zoë – Crème & Co",
    "100% Organic; Ltd",
    "Backslash \\ Slash / Pipe |",
    "=SUM(A1:A9)",
    "null",
    "Test Account DO NOT USE",
    "zzz_old_Imported Account",
    "A",
    "NaN Industries",
    "Société Générale d’Électricité – Bâtiment n° 7",
    "مؤسسة النور 24/7",
    "שלום עולם Ltd",
    "日本語のとても長い会社名をここに入れてみるとどうなるのか株式会社",
)

FIRST_NAMES: dict[str, tuple[str, ...]] = {
    "en": _list(
        "James|Mary|Robert|Patricia|John|Jennifer|Michael|Linda|David|Elizabeth|William|Barbara"
        "|Richard|Susan|Joseph"
        "|Jessica|Thomas|Sarah|Chris|Karen|Daniel|Nancy|Matthew|Lisa|Anthony|Betty|Mark|Sandra"
        "|Steven|Ashley|Andrew"
        "|Kimberly|Emily|Joshua|Donna|Kevin|Michelle|Brian|Carol|George|Amanda|Deborah|Ronald"
        "|Grace|Aisha|Mei|Diego"
    ),
    "de": _list("Anna|Lukas|Jürgen|Käthe|Jörg|Sabine|Uwe|Heike|Björn|Ursula|Stefan|Petra|Günther|Renate"),
    "fr": _list("Camille|Léa|Hugo|François|Chloé|Jean-Luc|Aurélie|Benoît|Élodie|Mathieu|Noémie|Zoë"),
    "es": _list("María José|José|Begoña|Íñigo|Sofía|Andrés|Lucía|João|Thiago|Renata|Óscar|Inês"),
    "sv": _list("Åsa|Björn|Göran|Linnéa|Örjan|Märta|Lars|Karin"),
    "ja": _list("太郎|花子|健一|美咲|翔太|陽子|大輔|さくら"),
    "zh": _list("伟|芳|娜|秀英|敏|静|强|磊"),
    "in": _list("Aarav|Priya|Rohan|Ananya|Vikram|Lakshmi|Arjun|Deepa"),
    "he": _list("נועה|דוד|Yael|Avi|תמר|Moshe"),
    "ar": _list("فاطمة|محمد|Layla|Omar|نور|Khalid"),
}
LAST_NAMES: dict[str, tuple[str, ...]] = {
    "en": _list(
        "Smith|Johnson|Williams|Brown|Jones|Garcia|Miller|Davis|Rodriguez|Martinez|Hernandez|Lopez"
        "|Wilson|Anderson"
        "|Thomas|Taylor|Moore|Jackson|Martin|Lee|Thompson|White|Harris|Clark|Lewis|Robinson|Walker"
        "|Young|Allen|King"
        "|Wright|Scott|Nguyen|Hill|Flores|Green|Adams|Nelson|Baker|Hall|O'Neill|D'Angelo|McDonald"
        "|St. Clair|Null"
    ),
    "de": _list("Müller|Schmidt|Schneider|Fischer|Weiß|Größner|von der Heide|Köhler|Jäger|Strauß"),
    "fr": _list("Lefèvre|Dubois|Moreau|L'Hôpital|Gauthier|de la Fontaine|Béranger|Garçon"),
    "es": _list("García Márquez|Núñez|Muñoz|da Silva|Peña|Ibáñez|Gonçalves|Araújo"),
    "sv": _list("Åkesson|Öberg|Lindström|Sjögren|Nyström|Bergqvist"),
    "ja": _list("佐藤|鈴木|高橋|田中|渡辺|伊藤|山本"),
    "zh": _list("王|李|张|刘|陈|杨|赵"),
    "in": _list("Sharma|Patel|Iyer|Reddy|Chatterjee|Rao|Krishnamurthy"),
    "he": _list("כהן|Levi|מזרחי|Ben-David|Peretz"),
    "ar": _list("الحداد|Al-Farsi|النجار|Haddad|المنصوري"),
}

# title and department
TITLES: tuple[tuple[str, str], ...] = (
    ("CEO", "Executive"),
    ("Chief Marketing Officer", "Marketing"),
    ("CFO", "Finance"),
    ("VP, Sales", "Sales"),
    ("VP Engineering", "Engineering"),
    ("Head of Procurement", "Purchasing"),
    ("Director of IT", "IT"),
    ("IT Manager", "IT"),
    ("Marketing Manager", "Marketing"),
    ("Demand Generation Lead", "Marketing"),
    ("Data Engineer", "Engineering"),
    ("Revenue Operations Manager", "Operations"),
    ("Buyer", "Purchasing"),
    ("Assistant to the CEO", "Executive"),
    ("Sr. Dir., Ops & Logistics", "Operations"),
)
STREETS = (
    "Market Street",
    "Station Road",
    "Hauptstraße",
    "Rue de la Paix",
    "Industrial Park",
    "King Street",
    "High Street",
)
FREE_MAIL = (
    ("gmail.com", 40),
    ("yahoo.com", 10),
    ("hotmail.com", 10),
    ("outlook.com", 10),
    ("googlemail.com", 4),
    ("gmx.de", 6),
    ("web.de", 4),
    ("icloud.com", 5),
    ("aol.com", 3),
    ("yahoo.co.jp", 3),
    ("qq.com", 3),
    ("proton.me", 2),
)
# name, code, family, list price
PRODUCTS: tuple[tuple[str, str, str, int], ...] = (
    ("Insight Platform - Starter", "INS-100", "Platform", 6_000),
    ("Insight Platform - Team", "INS-200", "Platform", 18_000),
    ("Insight Platform - Enterprise", "INS-300", "Platform", 72_000),
    ("Additional User (Annual)", "USR-001", "Licences", 480),
    ("Additional User, Read Only", "USR-002", "Licences", 120),
    ("Sandbox Environment", "ENV-010", "Licences", 2_400),
    ("Connector: Salesforce", "CON-SF", "Connectors", 3_600),
    ("Connector: SAP", "CON-SAP", "Connectors", 9_500),
    ("Connector: Custom", "CON-CUS", "Connectors", 14_000),
    ('Wall Display 55"', "HW-055", "Hardware", 1_899),
    ('Wall Display 75", 4K', "HW-075", "Hardware", 3_299),
    ("Edge Gateway", "HW-EDG", "Hardware", 749),
    ("Onboarding Package", "SVC-ONB", "Services", 5_000),
    ("Consulting Day", "SVC-DAY", "Services", 1_600),
    ("Training, per seat", "SVC-TRN", "Services", 350),
    ("Premium Support", "SUP-PRE", "Support", 12_000),
    ("24×7 Support", "SUP-247", "Support", 24_000),
    ("Legacy Reporter (discontinued)", "LEG-001", "Platform", 2_000),
)
TOPICS = (
    "data integration",
    "account-based marketing",
    "revenue operations",
    "customer data platform",
    "lead scoring",
    "marketing attribution",
    "data warehouse",
    "privacy compliance",
)
