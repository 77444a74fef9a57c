"""Brands, colors, materials and styles of the demo shop. All brands are fictional."""

from __future__ import annotations

from dataclasses import dataclass

from mmsql.demo.categories import Pair, pairs

STYLES = ("classic", "modern", "minimal", "rustic", "sporty", "playful")
LEVELS = ("budget", "mid", "premium")
SERIES = (
    "Ridge",
    "Harbour",
    "Ember",
    "Linden",
    "Meridian",
    "Plain",
    "Atlas",
    "Juniper",
    "Slate",
    "Willow",
    "Origin",
    "Tide",
    "Field",
    "Studio",
    "Everyday",
    "Heritage",
    "Loft",
    "Aria",
    "Cove",
    "Lantern",
    "Alder",
    "Drift",
    "Quarry",
    "Hazel",
    "Orbit",
    "Fjord",
)


@dataclass(frozen=True)
class Brand:
    """A brand: its price level (see ``LEVELS``), its quality (0 to 1) and its departments."""

    name: str
    level: int
    quality: float
    departments: tuple[str, ...]


def _brands(text: str) -> tuple[Brand, ...]:
    rows = [[part.strip() for part in line.split("|")] for line in text.strip().splitlines()]
    return tuple(
        Brand(name, int(level), float(quality), tuple(part.strip() for part in departments.split(",")))
        for name, level, quality, departments in rows
    )


BRANDS = _brands("""
    Velmoor | 2 | 0.85 | Kitchen, Coffee & Tea
    Ostrelle | 1 | 0.65 | Kitchen, Coffee & Tea
    Pankaro | 0 | 0.40 | Kitchen, Coffee & Tea
    Brindlewick | 1 | 0.70 | Kitchen
    Hadrik & Sohn | 2 | 0.75 | Kitchen
    Kovanta | 1 | 0.60 | Coffee & Tea
    Perkolin | 2 | 0.80 | Coffee & Tea
    Slumbrey | 1 | 0.65 | Bedroom
    Dunlark | 2 | 0.80 | Bedroom, Clothing
    Nappelo | 0 | 0.45 | Bedroom
    Thistlemere | 1 | 0.75 | Bedroom
    Ergovane | 2 | 0.80 | Office
    Tabuline | 1 | 0.60 | Office, Stationery
    Officio Nord | 0 | 0.45 | Office
    Keldrum | 1 | 0.70 | Office, Audio
    Quillmoor | 2 | 0.85 | Stationery
    Inkhollow | 1 | 0.65 | Stationery
    Papyrella | 0 | 0.50 | Stationery
    Fjallbrin | 2 | 0.85 | Camping, Hiking
    Tarnwick | 1 | 0.70 | Camping, Hiking
    Campelo | 0 | 0.40 | Camping, Hiking
    Skarnholt | 1 | 0.60 | Camping, Clothing
    Gravlund | 2 | 0.75 | Hiking, Clothing
    Strivano | 1 | 0.65 | Running, Cycling
    Zephlin | 2 | 0.80 | Running
    Paceroo | 0 | 0.45 | Running
    Milavar | 1 | 0.70 | Running
    Veloquist | 2 | 0.80 | Cycling
    Spokely | 0 | 0.45 | Cycling
    Ironquay | 1 | 0.70 | Cycling
    Woolbarrow | 1 | 0.70 | Clothing
    Ternelle | 0 | 0.45 | Clothing
    Auberlin | 2 | 0.85 | Audio
    Sonavik | 1 | 0.65 | Audio
    Boomerly | 0 | 0.40 | Audio
    Mossgate | 1 | 0.70 | Garden
    Rootwell & Daughters | 2 | 0.80 | Garden
    Greenadine | 0 | 0.45 | Garden
    Barkholme | 1 | 0.70 | Pets
    Pawlington | 2 | 0.80 | Pets
    Wuffel | 0 | 0.45 | Pets
    Rovelia | 1 | 0.65 | Travel
    Marlune | 2 | 0.80 | Travel
    Packaroo | 0 | 0.45 | Travel
""")

# Name: its red, green and blue, and its name in Chinese.
COLOURS: dict[str, tuple[tuple[int, int, int], str]] = {
    "black": ((38, 38, 42), "黑色"),
    "white": ((244, 244, 240), "白色"),
    "cream": ((238, 226, 200), "米色"),
    "grey": ((140, 143, 148), "灰色"),
    "silver": ((190, 196, 204), "银色"),
    "navy": ((32, 48, 92), "藏青色"),
    "blue": ((52, 112, 190), "蓝色"),
    "teal": ((24, 130, 132), "青色"),
    "moss green": ((92, 112, 56), "苔绿色"),
    "sage": ((158, 176, 146), "灰绿色"),
    "red": ((192, 44, 44), "红色"),
    "rust": ((176, 84, 44), "铁锈红"),
    "copper": ((190, 116, 72), "铜色"),
    "mustard": ((210, 160, 44), "芥末黄"),
    "yellow": ((242, 208, 60), "黄色"),
    "pink": ((232, 150, 172), "粉色"),
    "lilac": ((172, 148, 208), "淡紫色"),
    "brown": ((112, 74, 48), "棕色"),
    "sand": ((206, 184, 148), "沙色"),
    "natural": ((214, 178, 130), "原色"),
}


@dataclass(frozen=True)
class Material:
    """A material: its Chinese name, its texture in images, a strength and a fault."""

    chinese: str
    texture: str
    strength: Pair
    fault: Pair


def _materials(text: str) -> dict[str, Material]:
    found: dict[str, Material] = {}
    lines = text.strip().splitlines()
    for head, strength, fault in zip(lines[::3], lines[1::3], lines[2::3], strict=True):
        name, chinese, texture = (part.strip() for part in head.split(","))
        found[name] = Material(chinese, texture, pairs(strength)[0], pairs(fault)[0])
    return found


# Three lines each: name, Chinese name and texture; its advantages; its drawbacks.
MATERIALS = _materials("""
    stainless steel, 不锈钢, shine
        the steel is thick and solid = 不锈钢很厚实
        every fingerprint shows on the steel = 不锈钢上全是指纹
    carbon steel, 碳钢, shine
        carbon steel takes on a beautiful patina = 碳钢养出来很漂亮
        carbon steel needs oil all the time = 碳钢要经常上油
    cast iron, 铸铁, grain
        cast iron holds the heat like nothing else = 铸铁保温特别好
        the cast iron is terribly heavy = 铸铁实在太重
    aluminium, 铝合金, shine
        the aluminium is light and well finished = 铝合金轻巧，做工好
        the aluminium dents easily = 铝合金容易磕凹
    brass, 黄铜, shine
        the brass ages beautifully = 黄铜越用越好看
        the brass smells on the hands = 黄铜会有金属味
    titanium, 钛, shine
        titanium weighs nothing and lasts forever = 钛又轻又耐用
        bare titanium squeals when you touch it = 钛摸起来声音刺耳
    oak, 橡木, wood
        the oak has a lovely grain = 橡木纹理很漂亮
        the oak was rough and needed sanding = 橡木毛糙，得自己打磨
    walnut, 胡桃木, wood
        the walnut is dark and warm = 胡桃木颜色温润
        the walnut is only a thin veneer = 胡桃木只是一层贴皮
    beech, 榉木, wood
        the beech is smooth and well oiled = 榉木光滑，油上得好
        the beech cracked along the grain = 榉木顺着纹理裂了
    bamboo, 竹, wood
        the bamboo is light and hard = 竹子又轻又硬
        the bamboo splinters at the edge = 竹子边缘有毛刺
    ceramic, 陶瓷, glaze
        the ceramic feels heavy and precious = 陶瓷手感沉稳
        the ceramic chips at the slightest knock = 陶瓷一碰就掉瓷
    stoneware, 炻瓷, glaze
        the stoneware has an earthy, honest feel = 炻瓷质感朴实
        the stoneware base scratches the table = 底部会刮桌子
    porcelain, 骨瓷, glaze
        the porcelain is thin and still tough = 瓷很薄但结实
        the porcelain showed hairline cracks = 瓷上有细裂纹
    glass, 玻璃, shine
        the glass is thick and crystal clear = 玻璃厚实通透
        there are bubbles in the glass = 玻璃里有气泡
    resin, 树脂, glaze
        the resin shimmers in the light = 树脂在光下很好看
        the resin feels like cheap plastic = 树脂手感像廉价塑料
    plastic, 塑料, plain
        the plastic is sturdier than it looks = 塑料比看起来结实
        the plastic feels cheap = 塑料感太重
    recycled plastic, 再生塑料, plain
        you would never guess that it is recycled plastic = 看不出是再生塑料
        the recycled plastic has an odd smell = 再生塑料有味道
    silicone, 硅胶, plain
        the silicone is grippy and easy to rinse = 硅胶防滑又好洗
        the silicone attracts dust = 硅胶很吸灰
    natural rubber, 天然橡胶, plain
        natural rubber is tough and springy = 天然橡胶又韧又弹
        the rubber crumbles in the sun = 橡胶晒了会掉渣
    latex, 乳胶, plain
        the latex springs back at once = 乳胶回弹很快
        the latex is too bouncy = 乳胶太弹了
    memory foam, 记忆棉, plain
        the memory foam moulds itself gently = 记忆棉很贴合
        the memory foam traps the heat = 记忆棉太闷热
    cotton, 棉, weave
        the cotton is dense and soft = 棉质厚实柔软
        the cotton is thin enough to see through = 棉布薄得透光
    linen, 亚麻, weave
        the linen feels cool and dry = 亚麻清爽干爽
        the linen is scratchy at first = 亚麻刚开始有点扎
    wool, 羊毛, knit
        the wool is warm and springy = 羊毛暖和蓬松
        the wool smells of sheep when damp = 羊毛受潮有羊膻味
    merino wool, 美利奴羊毛, knit
        the merino does not smell even after days = 美利奴穿几天也没味道
        moths and merino: two holes already = 美利奴已经有两个小洞
    down, 羽绒, quilt
        the down lofts up within minutes = 羽绒几分钟就蓬起来
        the down smells when it gets damp = 羽绒受潮有味道
    recycled polyester, 再生涤纶, weave
        the recycled fabric dries in no time = 再生面料干得很快
        the polyester gets sticky on warm days = 涤纶天热时粘身
    nylon, 尼龙, weave
        the nylon shrugs off dirt = 尼龙很耐脏
        the nylon rustles loudly = 尼龙摩擦声很大
    ripstop nylon, 防撕裂尼龙, weave
        the ripstop has not a single snag after months = 防撕裂面料几个月没有勾丝
        the ripstop frays at the seams = 面料在缝线处散边
    canvas, 帆布, weave
        the canvas is thick and gets better with age = 帆布厚实，越旧越好看
        the canvas takes days to dry = 帆布几天都干不了
    mesh, 网布, weave
        the mesh lets plenty of air through = 网布很透气
        the mesh sags after a few weeks = 网布几周就松了
    leather, 皮革, grain
        the leather smells and feels real = 皮质好，闻着就是真皮
        the leather was stiff and stained = 皮很硬，还有污渍
    suede, 绒面皮, grain
        the suede is velvety and surprisingly tough = 绒面皮细腻又耐磨
        the suede shows every drop of water = 绒面皮沾水就有印
    paper, 纸, plain
        the paper is thick and pleasant to touch = 纸张厚实手感好
        the paper arrived creased = 纸收到时皱了
    cork, 软木, grain
        the cork is warm to the touch = 软木摸着温暖
        the cork crumbles at the corners = 软木边角掉屑
""")
