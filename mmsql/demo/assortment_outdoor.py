"""Categories for going out: camping, hiking, running, cycling, clothing."""

from __future__ import annotations

from mmsql.demo.categories import Category, pairs, products, words

CAMPING = (
    Category(
        path="Camping > Tents",
        shape="tent",
        price=240,
        season="summer",
        materials=words("ripstop nylon, recycled polyester, canvas"),
        colours=words("moss green, rust, sand, blue, mustard"),
        products=products("""
            2-Person Tent | 双人帐篷 | 0.9 | 2.1 kg, 2.8 kg
            4-Person Family Tent | 四人家庭帐篷 | 1.5 | 5.5 kg, 7.2 kg
            1-Person Trekking Tent | 单人徒步帐篷 | 0.85 | 1.1 kg, 1.5 kg
        """),
        use="Stands in five minutes and keeps the rain where it belongs.",
        strengths=pairs("""
            not a drop came in during a night of heavy rain = 下了一夜大雨也没漏一滴
            it goes up in five minutes, even alone = 一个人五分钟就能搭好
            there is plenty of room for two rucksacks in the porch = 前厅很宽敞，放两个包没问题
        """),
        faults=pairs("""
            condensation drips on you every morning = 每天早上内壁都在滴水
            one pole snapped on the second trip = 第二次用就断了一根杆
            the zip catches on the lining = 拉链老是卡布
        """),
        leads_to=(("Camping > Sleeping Bags", 0.9),),
    ),
    Category(
        path="Camping > Sleeping Bags",
        shape="sleeping_bag",
        price=130,
        season="summer",
        entry=0.35,
        materials=words("down, recycled polyester, ripstop nylon"),
        colours=words("blue, rust, moss green, black, teal"),
        products=products("""
            Mummy Sleeping Bag | 木乃伊睡袋 | 1.1 | comfort 5 °C, comfort 0 °C, comfort −7 °C
            Blanket Sleeping Bag | 信封睡袋 | 0.6 | comfort 10 °C, comfort 5 °C
            Ultralight Sleeping Quilt | 超轻睡袋被 | 1.4 | 520 g, 680 g
        """),
        use="Packs down to the size of a loaf and keeps the cold outside.",
        strengths=pairs("""
            I slept warm at the temperature it promises = 标称温度下睡得很暖和
            it packs down to almost nothing = 收纳后体积特别小
            the hood closes well around the face = 帽子贴合脸部，不漏风
        """),
        faults=pairs("""
            I froze well above the stated temperature = 远没到标称温度就冻醒了
            the zip snags every single time = 拉链每次都卡
            it sheds down through the fabric = 面料跑绒
        """),
        leads_to=(("Camping > Stoves", 0.65),),
    ),
    Category(
        path="Camping > Stoves",
        shape="stove",
        price=55,
        season="summer",
        entry=0.4,
        materials=words("titanium, aluminium, stainless steel, brass"),
        colours=words("silver, black, red, moss green"),
        products=products("""
            Gas Stove | 瓦斯炉头 | 0.7 | 75 g, 110 g
            Stove & Pot System | 炉锅套装 | 1.5 | 0.8 l, 1.0 l
            Wood Stove | 柴火炉 | 0.9 | 400 g
        """),
        use="Boils half a litre in three minutes, wind or no wind.",
        strengths=pairs("""
            water boils in under three minutes = 三分钟不到水就开了
            the flame can be turned down to a simmer = 火力可以调得很小
            it hardly notices the wind = 不怕风
        """),
        faults=pairs("""
            the lighter stopped working on day two = 点火器第二天就坏了
            a full pot tips over easily = 锅装满了容易翻
            it eats gas in the wind = 有风的时候特别费气
        """),
        leads_to=(("Hiking > Headlamps", 0.39),),
    ),
)

HIKING = (
    Category(
        path="Hiking > Boots",
        shape="boot",
        price=165,
        season="autumn",
        plural=True,
        fits=True,
        materials=words("leather, suede, recycled polyester"),
        colours=words("brown, black, moss green, grey, sand"),
        products=products("""
            Hiking Boots | 徒步靴 | 1.0 | mid, high
            Trail Shoes | 越野徒步鞋 | 0.75 | low
            Winter Hiking Boots | 冬季徒步靴 | 1.2 | high
        """),
        use="Grip on wet rock, support on the long way down.",
        strengths=pairs("""
            my feet stayed dry through bogs and streams = 过溪水脚也是干的
            the soles grip even on wet rock = 鞋底在湿岩石上也很抓地
            I had no blisters from day one = 第一天穿就没磨脚
        """),
        faults=pairs("""
            water came in on the first wet meadow = 走一片湿草地就进水了
            the sole came off after three months = 三个月就开胶了
            they rub at the heel = 磨后脚跟
        """),
        leads_to=(("Hiking > Backpacks", 0.72),),
    ),
    Category(
        path="Hiking > Backpacks",
        shape="backpack",
        price=120,
        season="summer",
        entry=0.55,
        materials=words("ripstop nylon, recycled polyester, canvas"),
        colours=words("moss green, black, blue, rust, grey, mustard"),
        products=products("""
            Day Pack | 日用徒步背包 | 0.65 | 18 l, 24 l
            Trekking Backpack | 重装背包 | 1.35 | 45 l, 55 l, 65 l
            Roll-Top Backpack | 卷口背包 | 0.8 | 22 l, 28 l
        """),
        use="Carries the load on the hips and leaves the back in the air.",
        strengths=pairs("""
            the hip belt takes the weight off the shoulders = 腰带承重好，肩膀不累
            the back stays dry on climbs = 爬坡时背部很透气
            everything has its pocket = 分区很合理
        """),
        faults=pairs("""
            the shoulder straps cut in when it is full = 装满后肩带勒人
            a strap tore at the seam = 肩带从缝线处撕开了
            the rain cover is too small = 防雨罩太小
        """),
        leads_to=(("Hiking > Headlamps", 0.59),),
    ),
    Category(
        path="Hiking > Headlamps",
        shape="headlamp",
        price=42,
        season="winter",
        entry=0.4,
        materials=words("plastic, aluminium"),
        colours=words("black, red, blue, grey"),
        products=products("""
            Headlamp | 头灯 | 1.0 | 300 lm, 450 lm
            Rechargeable Headlamp | 充电头灯 | 1.35 | 400 lm, 600 lm
            Running Headlamp | 跑步头灯 | 1.2 | 250 lm
        """),
        use="Lights the path far ahead and the map close by.",
        strengths=pairs("""
            the beam reaches far down the trail = 照得很远
            one charge lasted three evenings = 充一次电用了三个晚上
            I forget that I am wearing it = 戴着几乎没感觉
        """),
        faults=pairs("""
            the button turns it on inside the bag = 在包里容易误触开灯
            the battery gives up after an hour = 一个小时就没电了
            the strap slips when I move = 一动头带就滑
        """),
        leads_to=(("Camping > Tents", 0.13),),
    ),
)

RUNNING = (
    Category(
        path="Running > Shoes",
        shape="shoe",
        price=125,
        season="spring",
        plural=True,
        fits=True,
        materials=words("mesh, recycled polyester"),
        colours=words("black, white, blue, red, teal, yellow, pink"),
        products=products("""
            Road Running Shoes | 公路跑鞋 | 1.0 | neutral, stability
            Trail Running Shoes | 越野跑鞋 | 1.1 | 4 mm drop, 8 mm drop
            Racing Shoes | 竞速跑鞋 | 1.45 | 190 g, 210 g
        """),
        use="Soft where you land, lively where you push off.",
        strengths=pairs("""
            the cushioning is soft but still quick = 缓震又不拖沓
            my knees thank me on long runs = 长跑膝盖舒服多了
            they weigh next to nothing = 特别轻
        """),
        faults=pairs("""
            the foam was dead after 200 kilometres = 跑了两百公里中底就塌了
            the mesh tore at the toe = 鞋面脚趾处破了
            the laces keep coming undone = 鞋带老是松
        """),
        leads_to=(("Running > Socks", 0.85),),
    ),
    Category(
        path="Running > Socks",
        shape="sock",
        price=16,
        season="spring",
        entry=0.4,
        plural=True,
        fits=True,
        materials=words("merino wool, recycled polyester, cotton"),
        colours=words("black, white, grey, teal, pink, mustard"),
        products=products("""
            Running Socks, 3 Pairs | 跑步袜三双装 | 1.2 | ankle, crew
            Compression Socks | 压缩袜 | 1.6 | knee-high
            Trail Socks | 越野袜 | 0.9 | crew
        """),
        use="Padded at heel and toe, seamless everywhere else.",
        strengths=pairs("""
            no blisters, even in a marathon = 跑马拉松都没起水泡
            they stay up and do not slip = 不会往下滑
            they dry overnight = 一晚上就干
        """),
        faults=pairs("""
            there was a hole in the toe within weeks = 几周脚趾就破洞了
            they slide down into the shoe = 老往鞋里滑
            they lost their shape in the wash = 一洗就变形
        """),
        leads_to=(("Hiking > Headlamps", 0.13),),
    ),
)

CYCLING = (
    Category(
        path="Cycling > Helmets",
        shape="helmet",
        price=78,
        season="spring",
        fits=True,
        materials=words("plastic, recycled polyester"),
        colours=words("black, white, red, sage, blue, yellow"),
        products=products("""
            City Helmet | 城市骑行头盔 | 0.9 | S, M, L
            Road Helmet | 公路头盔 | 1.3 | S, M, L
            Mountain Bike Helmet | 山地头盔 | 1.15 | M, L
        """),
        use="Light, well aired and quick to adjust with one hand.",
        strengths=pairs("""
            it is so airy that my head stays cool uphill = 很透气，爬坡头也不热
            the dial adjusts it with one hand = 旋钮单手就能调
            it saved my head in a real fall = 真的摔过一次，保住了头
        """),
        faults=pairs("""
            the buckle pinches the chin = 扣子夹下巴
            the padding came off within weeks = 内衬几周就掉了
            it whistles in the wind = 迎风会有哨声
        """),
        leads_to=(("Cycling > Bike Lights", 0.78),),
    ),
    Category(
        path="Cycling > Bike Lights",
        shape="light",
        price=38,
        season="winter",
        entry=0.5,
        materials=words("aluminium, plastic, silicone"),
        colours=words("black, silver, red, white"),
        products=products("""
            Bike Light Set | 自行车灯套装 | 1.2 | 60 lux, 80 lux
            Front Light | 前灯 | 0.9 | 50 lux, 100 lux
            Rear Light | 尾灯 | 0.6 | USB-C
        """),
        use="To be seen by everyone and to see every pothole.",
        strengths=pairs("""
            cars see me from far away now = 汽车老远就能看到我
            the mount clicks on without tools = 支架不用工具就能装
            it survived a whole winter of rain = 淋了一冬天的雨也没坏
        """),
        faults=pairs("""
            it blinds people coming the other way = 会晃到对面的人
            the mount slips on thin bars = 细车把上会打滑
            water got in and it died = 进水后就不亮了
        """),
        leads_to=(("Cycling > Locks", 0.45),),
    ),
    Category(
        path="Cycling > Locks",
        shape="lock",
        price=49,
        entry=0.5,
        materials=words("carbon steel, stainless steel"),
        colours=words("black, moss green, red, grey"),
        products=products("""
            Folding Lock | 折叠锁 | 1.2 | 85 cm, 100 cm
            U-Lock | U型锁 | 0.9 | 23 cm, 30 cm
            Chain Lock | 链条锁 | 1.0 | 90 cm, 110 cm
        """),
        use="Hardened links that take a thief's time and yours hardly at all.",
        strengths=pairs("""
            it is long enough for frame and front wheel = 够长，能锁车架和前轮
            the key turns smoothly after months in the rain = 淋雨几个月钥匙还是很顺
            the frame holder does not rattle = 车架上的支架不会响
        """),
        faults=pairs("""
            it is heavier than described = 比描述的重
            the cylinder froze in the first winter = 第一个冬天锁芯就冻住了
            it rattles over every kerb = 过坎就哗啦响
        """),
    ),
)

CLOTHING = (
    Category(
        path="Clothing > Jackets",
        shape="jacket",
        price=150,
        season="autumn",
        fits=True,
        materials=words("recycled polyester, down, nylon, cotton"),
        colours=words("navy, black, moss green, mustard, rust, sand"),
        products=products("""
            Rain Jacket | 雨衣外套 | 0.9 | women's, men's
            Quilted Jacket | 绗缝夹克 | 1.0 | women's, men's
            Parka | 派克大衣 | 1.4 | women's, men's
        """),
        use="Keeps wind and rain out, from the bus stop to the hilltop.",
        strengths=pairs("""
            rain simply rolls off = 雨水直接滑落
            the pockets are warm and deep = 口袋又暖又深
            the cut looks good in town as well = 版型在城里穿也好看
        """),
        faults=pairs("""
            it soaks through at the shoulders = 肩膀处会渗水
            the zip broke in the first month = 第一个月拉链就坏了
            the sleeves are too short = 袖子太短
        """),
        leads_to=(("Clothing > Knitwear", 0.65),),
    ),
    Category(
        path="Clothing > Knitwear",
        shape="sweater",
        price=82,
        season="autumn",
        entry=0.7,
        fits=True,
        materials=words("merino wool, wool, cotton"),
        colours=words("cream, navy, rust, sage, grey, mustard, lilac"),
        products=products("""
            Crew Neck Jumper | 圆领毛衣 | 1.0 | women's, men's
            Cardigan | 开衫 | 1.15 | women's, men's
            Roll Neck Jumper | 高领毛衣 | 1.1 | women's, men's
        """),
        use="Knitted thick enough for October and fine enough for the office.",
        strengths=pairs("""
            it is soft and does not itch at all = 柔软不扎人
            it keeps its shape after washing = 洗后不变形
            it is just warm enough for the office = 办公室穿温度刚好
        """),
        faults=pairs("""
            it itches at the neck = 脖子那里扎人
            it came out of the wash two sizes smaller = 洗一次缩了两码
            it pills under the arms after three wears = 穿三次腋下就起球
        """),
        leads_to=(("Clothing > Scarves", 0.59),),
    ),
    Category(
        path="Clothing > Scarves",
        shape="scarf",
        price=38,
        season="winter",
        entry=0.45,
        materials=words("merino wool, wool, cotton, linen"),
        colours=words("rust, navy, cream, mustard, lilac, grey, red"),
        products=products("""
            Woven Scarf | 编织围巾 | 1.0 | 180 cm, 200 cm
            Ribbed Scarf | 罗纹围巾 | 0.9 | 170 cm
            Light Shawl | 轻薄披肩 | 1.2 | 200 cm
        """),
        use="Wraps around twice and leaves enough to tie.",
        strengths=pairs("""
            it is long enough to wrap around twice = 够长，能绕两圈
            the colours are as rich as in the picture = 颜色和图片一样饱满
            it is wonderfully soft on the skin = 贴着皮肤很柔软
        """),
        faults=pairs("""
            it leaves fluff on every coat = 粘得外套上都是毛
            threads pull out at the slightest touch = 一碰就勾丝
            it scratches on bare skin = 贴皮肤有点扎
        """),
    ),
)

OUTDOOR = (*CAMPING, *HIKING, *RUNNING, *CYCLING, *CLOTHING)
