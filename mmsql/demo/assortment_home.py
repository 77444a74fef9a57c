"""Categories for the home: kitchen, coffee and tea, bedroom, office."""

from __future__ import annotations

from mmsql.demo.categories import Category, pairs, products, words

KITCHEN = (
    Category(
        path="Kitchen > Knives",
        shape="knife",
        price=48,
        season="gift",
        materials=words("stainless steel, carbon steel, walnut, beech"),
        colours=words("black, silver, brown, natural, navy"),
        products=products("""
            Chef's Knife | 主厨刀 | 1.25 | 16 cm, 20 cm, 24 cm
            Santoku Knife | 三德刀 | 1.15 | 16 cm, 18 cm
            Paring Knife | 削皮刀 | 0.55 | 8 cm, 9 cm
            Bread Knife | 面包刀 | 0.85 | 22 cm, 26 cm
        """),
        use="For thin slices, fine dice and everything a weeknight dinner asks of a blade.",
        strengths=pairs("""
            the edge stays sharp for months = 刀刃用了几个月还很锋利
            the balance in the hand is excellent = 握在手里重心很舒服
            it wipes clean and shows no stains = 一擦就干净，不留痕迹
        """),
        faults=pairs("""
            the edge goes dull after two weeks = 两个星期就钝了
            the handle gets slippery when wet = 手柄沾水后打滑
            spots of rust showed up after the first wash = 第一次洗完就有锈点
        """),
        leads_to=(("Kitchen > Cutting Boards", 0.85), ("Kitchen > Cookware", 0.2)),
    ),
    Category(
        path="Kitchen > Cutting Boards",
        shape="board",
        price=34,
        entry=0.35,
        materials=words("oak, walnut, bamboo, beech"),
        colours=words("natural, brown, black, grey"),
        products=products("""
            Cutting Board | 砧板 | 1.0 | 30 × 20 cm, 40 × 30 cm, 50 × 35 cm
            Carving Board | 切肉板 | 1.4 | 45 × 30 cm
            Serving Board | 拼盘木板 | 0.8 | 35 cm, 45 cm
        """),
        use="Kind to knives, with room for a whole loaf or a roast.",
        strengths=pairs("""
            the juice groove keeps the counter dry = 导水槽很实用，台面不会湿
            it is gentle on my knives = 不伤刀
            it stays flat and does not slide around = 很平稳，切东西不会滑动
        """),
        faults=pairs("""
            it takes on the smell of onions = 容易残留洋葱味
            the surface shows deep cuts already = 表面已经有很深的刀痕
            it warped after a month next to the sink = 放在水池边一个月就变形了
        """),
        leads_to=(("Kitchen > Cookware", 0.39),),
    ),
    Category(
        path="Kitchen > Cookware",
        shape="pot",
        price=68,
        season="gift",
        entry=0.9,
        materials=words("cast iron, stainless steel, aluminium, carbon steel"),
        colours=words("black, red, teal, cream, silver, mustard"),
        products=products("""
            Frying Pan | 煎锅 | 0.75 | 24 cm, 28 cm
            Casserole | 炖锅 | 1.5 | 3 l, 5 l, 7 l
            Saucepan | 奶锅 | 0.7 | 1.5 l, 2 l
            Wok | 炒锅 | 0.9 | 30 cm, 34 cm
        """),
        use="Sears, simmers and goes from hob to oven to table.",
        strengths=pairs("""
            heat spreads evenly to the rim = 受热很均匀
            eggs slide off without any butter = 煎蛋完全不粘
            the lid closes tight and stews stay juicy = 锅盖很密封，炖肉很入味
        """),
        faults=pairs("""
            the base wobbles on an induction hob = 锅底在电磁炉上放不平
            the coating started to peel within weeks = 涂层几周就开始掉了
            the handle gets too hot to touch = 手柄烫得没法拿
        """),
        leads_to=(("Kitchen > Tableware", 0.65), ("Kitchen > Knives", 0.13)),
    ),
    Category(
        path="Kitchen > Tableware",
        shape="plate",
        price=39,
        season="gift",
        entry=0.5,
        materials=words("stoneware, porcelain, ceramic, glass"),
        colours=words("white, cream, sage, navy, rust, grey"),
        products=products("""
            Dinner Plate, Set of 4 | 餐盘四件套 | 1.2 | 26 cm, 28 cm
            Pasta Bowl, Set of 4 | 意面碗四件套 | 1.1 | 22 cm, 24 cm
            Serving Bowl | 沙拉碗 | 0.8 | 1.5 l, 2.5 l
            Salad Plate, Set of 4 | 沙拉盘四件套 | 0.9 | 20 cm
        """),
        use="For every day and for the table you set when friends come.",
        strengths=pairs("""
            the glaze looks handmade, every piece is a little different = 釉色很美，每一件都有点不同
            it has survived the dishwasher without a mark = 进洗碗机也没有划痕
            it stacks neatly and saves space = 叠放整齐，很省地方
        """),
        faults=pairs("""
            it gets very hot in the microwave = 微波炉里加热后很烫手
            cutlery leaves grey marks on the glaze = 刀叉会在釉面上留下灰印
            one piece arrived chipped = 收到时有一个磕了边
        """),
        leads_to=(("Coffee & Tea > Cups", 0.26),),
    ),
)

COFFEE = (
    Category(
        path="Coffee & Tea > Coffee Makers",
        shape="brewer",
        price=85,
        season="gift",
        materials=words("stainless steel, glass, aluminium, ceramic"),
        colours=words("black, silver, white, red, copper"),
        products=products("""
            Moka Pot | 摩卡壶 | 0.5 | 3 cups, 6 cups
            Pour-Over Set | 手冲咖啡套装 | 0.65 | 600 ml, 800 ml
            French Press | 法压壶 | 0.55 | 350 ml, 1 l
            Espresso Machine | 意式咖啡机 | 3.6 | 15 bar
        """),
        use="Brews a full-bodied cup before the day begins.",
        strengths=pairs("""
            the coffee comes out rich and never bitter = 咖啡很醇厚，一点不苦
            it is ready in under five minutes = 五分钟不到就能喝上
            taking it apart to clean takes seconds = 拆洗很方便
        """),
        faults=pairs("""
            the filter lets grounds through = 滤网会漏咖啡渣
            it leaks at the seal when it heats up = 加热时密封圈漏水
            the handle came loose after a month = 手柄用了一个月就松了
        """),
        leads_to=(("Coffee & Tea > Grinders", 0.78), ("Coffee & Tea > Cups", 0.26)),
    ),
    Category(
        path="Coffee & Tea > Grinders",
        shape="grinder",
        price=72,
        entry=0.35,
        materials=words("stainless steel, aluminium, plastic, walnut"),
        colours=words("black, silver, white, brown"),
        products=products("""
            Hand Grinder | 手摇磨豆机 | 0.8 | 20 g, 30 g
            Electric Burr Grinder | 电动磨豆机 | 1.6 | 12 settings, 40 settings
            Spice & Coffee Mill | 研磨器 | 0.5 | 60 g
        """),
        use="From espresso-fine to cold-brew coarse, one click at a time.",
        strengths=pairs("""
            the grind is even, with hardly any dust = 研磨均匀，几乎没有细粉
            the settings click firmly and stay where they are = 刻度清晰，不会跑位
            it is quieter than the kettle = 声音比烧水壶还小
        """),
        faults=pairs("""
            static makes the grounds fly everywhere = 静电很大，粉飞得到处都是
            it stalls on light roasts = 浅烘豆会卡住
            it is so loud that it wakes the house = 声音太大，全家都被吵醒
        """),
        leads_to=(("Coffee & Tea > Cups", 0.59),),
    ),
    Category(
        path="Coffee & Tea > Cups",
        shape="cup",
        price=22,
        season="gift",
        entry=0.6,
        plural=True,
        materials=words("stoneware, porcelain, glass, ceramic"),
        colours=words("white, cream, sage, navy, rust, black, pink"),
        products=products("""
            Espresso Cups, Set of 4 | 浓缩咖啡杯 | 1.0 | 70 ml, 90 ml
            Cappuccino Cups, Set of 2 | 卡布奇诺杯 | 0.9 | 180 ml, 220 ml
            Tea Mugs, Set of 2 | 茶杯 | 0.8 | 300 ml, 400 ml
        """),
        use="Thick walls keep the first and the last sip warm.",
        strengths=pairs("""
            they keep the coffee warm for a long time = 保温效果好
            the handles fit two fingers comfortably = 杯把很好握
            the glaze catches the morning light beautifully = 釉面在晨光里特别好看
        """),
        faults=pairs("""
            the saucers are too small = 杯碟太小了
            the rims are uneven = 杯口不平整
            tea leaves stains that will not come off = 茶渍洗不掉
        """),
    ),
)

BEDROOM = (
    Category(
        path="Bedroom > Duvets",
        shape="duvet",
        price=110,
        season="winter",
        materials=words("down, wool, cotton, recycled polyester"),
        colours=words("white, cream, grey"),
        products=products("""
            All-Season Duvet | 四季被 | 1.0 | 135 × 200 cm, 155 × 220 cm, 200 × 200 cm
            Winter Duvet | 冬被 | 1.35 | 135 × 200 cm, 200 × 200 cm
            Summer Duvet | 夏凉被 | 0.7 | 135 × 200 cm, 155 × 220 cm
        """),
        use="Light on the body, with chambers that keep the filling where it belongs.",
        strengths=pairs("""
            it is warm without making me sweat = 暖和但不闷汗
            the filling stays evenly spread after washing = 洗过之后填充物依然均匀
            it is so light that I hardly feel it = 轻得几乎感觉不到
        """),
        faults=pairs("""
            feathers and fluff come out at the seams = 缝线处会跑绒
            the filling clumps in the corners = 填充物都结块到角落了
            it rustles every time I turn over = 翻身时沙沙响
        """),
        leads_to=(("Bedroom > Bed Linen", 0.85),),
    ),
    Category(
        path="Bedroom > Bed Linen",
        shape="linen",
        price=64,
        entry=0.55,
        materials=words("linen, cotton, recycled polyester"),
        colours=words("white, sage, sand, navy, lilac, grey, rust"),
        products=products("""
            Duvet Cover Set | 被套套装 | 1.1 | 135 × 200 cm, 155 × 220 cm, 200 × 200 cm
            Fitted Sheet | 床笠 | 0.5 | 90 × 200 cm, 140 × 200 cm, 180 × 200 cm
            Percale Sheet Set | 床单套装 | 1.3 | 140 × 200 cm, 180 × 200 cm
        """),
        use="Washed soft before it reaches you, and softer with every wash.",
        strengths=pairs("""
            it got softer with every wash = 越洗越软
            it stays cool on hot nights = 夏天睡着很凉爽
            the buttons and seams are neatly done = 纽扣和走线都很细致
        """),
        faults=pairs("""
            it shrank in the first wash = 第一次洗就缩水了
            the colour bled onto everything else = 掉色，把别的衣服也染了
            it creases terribly = 特别容易起皱
        """),
        leads_to=(("Bedroom > Pillows", 0.65),),
    ),
    Category(
        path="Bedroom > Pillows",
        shape="pillow",
        price=45,
        entry=0.5,
        materials=words("memory foam, down, latex, wool"),
        colours=words("white, cream, grey"),
        products=products("""
            Side Sleeper Pillow | 侧睡枕 | 1.1 | 40 × 60 cm, 40 × 80 cm
            Classic Pillow | 经典枕头 | 0.8 | 40 × 80 cm, 80 × 80 cm
            Neck Support Pillow | 护颈枕 | 1.2 | 8 cm, 10 cm, 12 cm
        """),
        use="Holds head and neck in line, whichever side you wake up on.",
        strengths=pairs("""
            my neck pain is gone since the second night = 第二天脖子就不疼了
            it keeps its height all night = 一整晚都不会塌
            the cover zips off and washes well = 枕套可拆洗，很方便
        """),
        faults=pairs("""
            it is far too hard for me = 对我来说太硬了
            it is flat as a pancake by the morning = 到早上就扁成饼了
            it smelled of chemicals for days = 有化学味，好几天散不掉
        """),
    ),
)

OFFICE = (
    Category(
        path="Office > Chairs",
        shape="chair",
        price=210,
        materials=words("mesh, leather, recycled polyester, beech"),
        colours=words("black, grey, navy, sage, rust"),
        products=products("""
            Ergonomic Desk Chair | 人体工学椅 | 1.3 | with headrest, without headrest
            Swivel Chair | 转椅 | 0.8 | low back, high back
            Kneeling Chair | 跪椅 | 0.9 |
        """),
        use="Adjusts in height, tilt and back, for days that run long.",
        strengths=pairs("""
            my back no longer hurts after eight hours = 坐八个小时腰也不疼了
            putting it together took ten minutes = 十分钟就装好了
            the armrests move in every direction = 扶手可以各个方向调节
        """),
        faults=pairs("""
            the seat is too short for tall people = 座面对高个子来说太短
            it squeaks whenever I lean back = 一靠就吱吱响
            the gas lift sinks during the day = 气杆白天会慢慢下沉
        """),
        leads_to=(("Office > Desk Lamps", 0.59), ("Office > Keyboards", 0.2)),
    ),
    Category(
        path="Office > Desk Lamps",
        shape="lamp",
        price=58,
        season="winter",
        entry=0.5,
        materials=words("aluminium, brass, oak, plastic"),
        colours=words("black, white, copper, sage, mustard, red"),
        products=products("""
            LED Desk Lamp | LED台灯 | 1.0 | dimmable, with USB port
            Clamp Lamp | 夹式台灯 | 0.75 | 60 cm, 80 cm
            Task Lamp | 工作灯 | 1.15 | 45 cm, 55 cm
        """),
        use="Warm or cold light exactly where the page is.",
        strengths=pairs("""
            the light is warm and does not flicker = 光线柔和不频闪
            the arm stays exactly where I put it = 灯臂停得很稳
            dimming is smooth down to a glow = 调光很顺滑
        """),
        faults=pairs("""
            the switch sits where I cannot reach it = 开关位置太别扭
            the arm droops after a while = 灯臂过一会儿就往下掉
            it hums on the lowest setting = 最低档会有嗡嗡声
        """),
        leads_to=(("Office > Keyboards", 0.52),),
    ),
    Category(
        path="Office > Keyboards",
        shape="keyboard",
        price=95,
        season="gift",
        entry=0.8,
        materials=words("aluminium, plastic, walnut"),
        colours=words("black, white, grey, navy, lilac"),
        products=products("""
            Mechanical Keyboard | 机械键盘 | 1.1 | linear switches, tactile switches
            Wireless Keyboard | 无线键盘 | 0.6 | full size, compact
            Split Keyboard | 分体键盘 | 1.5 | tactile switches
        """),
        use="Keys with a clear feel, for fast notes and long reports.",
        strengths=pairs("""
            the keys feel crisp and sound lovely = 手感清脆，声音好听
            the battery lasts for weeks = 电池能用好几周
            it switches between two computers at once = 两台电脑之间切换很快
        """),
        faults=pairs("""
            some keys register twice = 有几个键会连击
            it is too loud for an open office = 在开放办公室里太吵
            it loses the connection every few hours = 隔几个小时就断连
        """),
        leads_to=(("Audio > Headphones", 0.2),),
    ),
)

HOME = (*KITCHEN, *COFFEE, *BEDROOM, *OFFICE)
