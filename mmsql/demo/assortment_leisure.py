"""Categories for free time: stationery, audio, garden, pets, travel."""

from __future__ import annotations

from mmsql.demo.categories import Category, pairs, products, words

STATIONERY = (
    Category(
        path="Stationery > Fountain Pens",
        shape="pen",
        price=52,
        season="gift",
        materials=words("brass, aluminium, resin, titanium"),
        colours=words("black, navy, teal, copper, red, silver, lilac"),
        products=products("""
            Fountain Pen | 钢笔 | 1.0 | fine nib, medium nib, broad nib
            Pocket Fountain Pen | 口袋钢笔 | 0.7 | fine nib, medium nib
            Piston Fountain Pen | 活塞钢笔 | 1.9 | fine nib, medium nib
        """),
        use="Writes at the first touch and fills from a cartridge or a bottle.",
        strengths=pairs("""
            the nib glides over the paper = 笔尖书写顺滑
            it starts writing even after a week in the drawer = 放一周也能马上出墨
            it sits well in the hand over many pages = 写很久也不累
        """),
        faults=pairs("""
            the nib scratches on the upstroke = 笔尖往上写刮纸
            the cap does not close firmly = 笔帽盖不紧
            it leaks into the cap = 会漏墨到笔帽里
        """),
        leads_to=(("Stationery > Ink", 0.9),),
    ),
    Category(
        path="Stationery > Ink",
        shape="bottle",
        price=15,
        entry=0.3,
        materials=words("glass"),
        colours=words("black, navy, teal, red, moss green, lilac, brown"),
        products=products("""
            Bottled Ink | 瓶装墨水 | 1.0 | 30 ml, 50 ml
            Document Ink | 档案墨水 | 1.3 | 30 ml, 50 ml
            Shimmer Ink | 闪粉墨水 | 1.5 | 30 ml
        """),
        use="Flows evenly, dries fast and shades from light to deep.",
        strengths=pairs("""
            the shading from light to dark is beautiful = 墨色有层次，很漂亮
            it dries in seconds, even for a left-hander = 几秒就干，左撇子也不会蹭到
            it does not bleed through thin paper = 薄纸也不洇
        """),
        faults=pairs("""
            it clogs the pen after a few days = 几天就堵笔
            the bottle leaked in the post = 运输途中瓶子漏了
            it feathers on ordinary paper = 普通纸上会洇开
        """),
        leads_to=(("Stationery > Notebooks", 0.65),),
    ),
    Category(
        path="Stationery > Notebooks",
        shape="book",
        price=18,
        season="autumn",
        entry=0.7,
        materials=words("paper, leather, linen, cork"),
        colours=words("black, navy, mustard, sage, red, brown, pink"),
        products=products("""
            Dotted Notebook | 点阵笔记本 | 1.0 | A5, A6
            Hardcover Journal | 硬面手帐 | 1.3 | A5, B5
            Weekly Planner | 周计划本 | 1.2 | A5
        """),
        use="Opens flat, with paper that takes ink well.",
        strengths=pairs("""
            it lies flat on the table from the first page = 摊开就能平放
            the paper takes fountain pen ink well = 纸张很适合钢笔
            the pages are numbered and there are two ribbons = 有页码还有两条书签带
        """),
        faults=pairs("""
            pages come loose along the spine = 书脊处掉页
            the paper is thinner than stated = 纸比说明的薄
            the elastic band went slack = 松紧带很快就松了
        """),
    ),
)

AUDIO = (
    Category(
        path="Audio > Turntables",
        shape="turntable",
        price=260,
        season="gift",
        materials=words("walnut, oak, aluminium, plastic"),
        colours=words("black, brown, white, red"),
        products=products("""
            Belt-Drive Turntable | 皮带唱盘 | 1.0 | manual, automatic
            Bluetooth Turntable | 蓝牙唱机 | 0.75 | with preamp
            Direct-Drive Turntable | 直驱唱盘 | 1.5 | manual
        """),
        use="A heavy platter, a steady arm and nothing between you and the record.",
        strengths=pairs("""
            old records sound warm and full = 老唱片声音温暖饱满
            it was set up within half an hour = 半小时就调好了
            there is no hum, even at high volume = 音量开大也没有杂音
        """),
        faults=pairs("""
            the speed drifts, you hear it on the piano = 转速不稳，听钢琴很明显
            the dust cover scratches if you look at it = 防尘罩一碰就花
            the motor hums through the speakers = 马达的嗡嗡声会传到音箱
        """),
        leads_to=(("Audio > Speakers", 0.85),),
    ),
    Category(
        path="Audio > Speakers",
        shape="speaker",
        price=180,
        season="gift",
        entry=0.6,
        plural=True,
        materials=words("walnut, oak, plastic, aluminium"),
        colours=words("black, white, brown, grey"),
        products=products("""
            Bookshelf Speakers, Pair | 书架音箱 | 1.2 | 50 W, 80 W
            Active Speakers, Pair | 有源音箱 | 1.4 | 60 W, 100 W
            Desktop Speakers | 桌面音箱 | 0.6 | 20 W, 30 W
        """),
        use="Clear voices, tight bass and a cabinet you want to show.",
        strengths=pairs("""
            voices sound as if someone stood in the room = 人声像在房间里唱一样
            the bass is deep without booming = 低音下潜深又不轰头
            they fill the whole living room = 整个客厅都能听清
        """),
        faults=pairs("""
            they hiss when nothing is playing = 不放音乐时有底噪
            the bass rattles at higher volume = 音量一大低音就破
            one of the pair is quieter than the other = 左右音量不一样
        """),
        leads_to=(("Audio > Headphones", 0.39),),
    ),
    Category(
        path="Audio > Headphones",
        shape="headphones",
        price=115,
        season="gift",
        plural=True,
        materials=words("plastic, aluminium, leather"),
        colours=words("black, white, navy, sand, sage, pink"),
        products=products("""
            Wireless Headphones | 无线头戴耳机 | 1.2 | over-ear, on-ear
            Studio Headphones | 监听耳机 | 1.1 | closed, open
            In-Ear Headphones | 入耳式耳机 | 0.6 | USB-C, wireless
        """),
        use="Shuts the train out and lets the music in.",
        strengths=pairs("""
            the noise cancelling makes the train disappear = 降噪一开，地铁声都没了
            they stay comfortable for hours = 戴几个小时也不夹头
            the battery lasts a whole working week = 充一次电用一周
        """),
        faults=pairs("""
            people on calls say that I sound far away = 打电话对方说声音很远
            they press on my glasses = 戴眼镜会夹
            the left side cuts out now and then = 左耳偶尔没声音
        """),
    ),
)

GARDEN = (
    Category(
        path="Garden > Planters",
        shape="planter",
        price=36,
        season="spring",
        materials=words("ceramic, stoneware, oak, recycled plastic"),
        colours=words("rust, sand, grey, white, moss green, blue"),
        products=products("""
            Raised Planter | 高脚种植箱 | 1.9 | 60 cm, 80 cm
            Round Pot | 圆形花盆 | 0.6 | 20 cm, 28 cm, 36 cm
            Balcony Box | 阳台花箱 | 0.8 | 60 cm, 80 cm
        """),
        use="Frost-proof, with a hole for the water and feet for the air.",
        strengths=pairs("""
            it stood outside through frost without a crack = 户外过冬没有裂
            water drains well and the roots stay healthy = 排水好，根不会烂
            it is heavy enough not to blow over = 够重，风吹不倒
        """),
        faults=pairs("""
            it cracked in the first frost = 第一次霜冻就裂了
            there is no hole for the water = 没有排水孔
            the colour faded within one summer = 一个夏天就褪色了
        """),
        leads_to=(("Garden > Seeds", 0.78),),
    ),
    Category(
        path="Garden > Seeds",
        shape="packet",
        price=7.5,
        season="spring",
        entry=0.5,
        materials=words("paper"),
        colours=words("yellow, red, pink, moss green, lilac, blue"),
        products=products("""
            Wildflower Seed Mix | 野花种子 | 1.1 | 5 m², 10 m²
            Heirloom Tomato Seed Set | 番茄种子套装 | 1.6 | 4 kinds, 6 kinds
            Herb Seed Set | 香草种子套装 | 1.4 | 5 kinds, 8 kinds
            Bee-Friendly Seed Mix | 蜜蜂花种子 | 1.0 | 5 m²
        """),
        use="Untreated, open-pollinated and packed for this season.",
        strengths=pairs("""
            nearly every seed came up = 几乎颗颗都发芽
            the bees love it = 蜜蜂特别喜欢
            the sowing guide is clear, even for beginners = 播种说明很清楚，新手也能看懂
        """),
        faults=pairs("""
            hardly anything came up = 几乎没发芽
            half of it turned out to be grass = 一半长出来的是杂草
            the packet was nearly empty = 袋子里种子少得可怜
        """),
        leads_to=(("Garden > Hand Tools", 0.59),),
    ),
    Category(
        path="Garden > Hand Tools",
        shape="trowel",
        price=26,
        season="spring",
        entry=0.4,
        materials=words("carbon steel, stainless steel, beech, oak"),
        colours=words("natural, silver, moss green, red, black"),
        products=products("""
            Garden Trowel | 园艺小铲 | 0.8 | 30 cm
            Secateurs | 修枝剪 | 1.5 | 20 mm, 25 mm
            Hand Fork | 手叉 | 0.8 | 3 tines, 5 tines
            Weeding Knife | 除草刀 | 0.9 | 28 cm
        """),
        use="Forged to be handed down, with a handle that warms to the hand.",
        strengths=pairs("""
            it goes through clay like butter = 挖粘土毫不费力
            it still looks new after a season outdoors = 用了一季还像新的
            my wrist does not tire = 用久了手腕也不累
        """),
        faults=pairs("""
            it bent on the first stone = 碰到第一块石头就弯了
            it rusts overnight = 一晚上就生锈
            the handle came off = 手柄掉了
        """),
    ),
)

PETS = (
    Category(
        path="Pets > Dog Beds",
        shape="dog_bed",
        price=62,
        season="winter",
        materials=words("memory foam, wool, canvas, recycled polyester"),
        colours=words("grey, sand, brown, navy, sage"),
        products=products("""
            Orthopaedic Dog Bed | 宠物护理狗窝 | 1.4 | M, L, XL
            Round Dog Bed | 圆形狗窝 | 0.8 | S, M
            Dog Travel Mat | 便携狗垫 | 0.6 | M, L
        """),
        use="A raised rim to rest the chin on and a cover that washes at 60 °C.",
        strengths=pairs("""
            our old dog gets up without stiffness now = 家里老狗起身不再僵硬
            the cover comes out of the wash like new = 外套洗完像新的
            the dog moved in within a minute = 狗狗一分钟就躺进去了
        """),
        faults=pairs("""
            the filling was flat within a month = 一个月填充就塌了
            hair sticks to it and will not come off = 狗毛粘上去弄不掉
            the zip was chewed through on day one = 拉链第一天就被咬坏
        """),
        leads_to=(("Pets > Leads", 0.65),),
    ),
    Category(
        path="Pets > Leads",
        shape="lead",
        price=27,
        entry=0.55,
        materials=words("leather, nylon, canvas, natural rubber"),
        colours=words("brown, red, navy, mustard, teal, black"),
        products=products("""
            Dog Lead | 牵引绳 | 1.0 | 1.5 m, 2 m
            Training Lead | 训练长绳 | 0.9 | 5 m, 10 m
            Hands-Free Lead | 腰带牵引绳 | 1.3 | 1.8 m
        """),
        use="Soft in the hand, strong where it counts.",
        strengths=pairs("""
            it is soft in the hand even when the dog pulls = 狗拉的时候也不勒手
            the clip has held a 40-kilo dog for months = 四十公斤的狗用了几个月扣子也没事
            it shows up well in the dark = 夜里很显眼
        """),
        faults=pairs("""
            it burns the hand when the dog runs = 狗一跑就磨手
            the clip opened in the middle of a walk = 散步时扣子自己开了
            the stitching gave way = 缝线开了
        """),
        leads_to=(("Pets > Dog Toys", 0.65),),
    ),
    Category(
        path="Pets > Dog Toys",
        shape="ball",
        price=14,
        entry=0.6,
        materials=words("natural rubber, cotton, canvas, silicone"),
        colours=words("red, blue, yellow, teal, mustard, pink"),
        products=products("""
            Snack Ball | 漏食球 | 1.0 | 7 cm, 9 cm
            Tug Rope | 拔河绳 | 0.8 | 40 cm, 60 cm
            Fetch Ring | 飞盘环 | 0.9 | 18 cm, 22 cm
        """),
        use="For throwing, tugging and an hour of peace.",
        strengths=pairs("""
            it keeps the dog busy for an hour = 能让狗玩上一个小时
            no tooth has made a dent yet = 到现在都没咬坏
            it floats, so the lake is fun again = 能浮在水上，去湖边很好玩
        """),
        faults=pairs("""
            the dog ignores it completely = 狗完全不理它
            it was in pieces after ten minutes = 十分钟就咬碎了
            it smells strongly of rubber = 橡胶味很重
        """),
    ),
)

TRAVEL = (
    Category(
        path="Travel > Suitcases",
        shape="suitcase",
        price=155,
        season="summer",
        materials=words("aluminium, plastic, recycled polyester, leather"),
        colours=words("black, silver, navy, rust, sage, yellow"),
        products=products("""
            Cabin Suitcase | 登机箱 | 0.9 | 35 l, 40 l
            Check-In Suitcase | 托运行李箱 | 1.35 | 65 l, 90 l
            Weekender | 周末旅行包 | 0.8 | 32 l, 45 l
        """),
        use="Rolls straight, opens flat and forgives a hurried packer.",
        strengths=pairs("""
            the wheels run quietly over cobbles = 过石板路轮子也很安静
            more fits in than one would think = 比看起来能装
            it came back from five flights without a dent = 飞了五趟也没有凹痕
        """),
        faults=pairs("""
            a wheel came off at the airport = 在机场掉了一个轮子
            the handle jams halfway = 拉杆拉到一半就卡住
            the shell cracked on its first flight = 第一次托运外壳就裂了
        """),
        leads_to=(("Travel > Packing Cubes", 0.85), ("Audio > Headphones", 0.13)),
    ),
    Category(
        path="Travel > Packing Cubes",
        shape="cubes",
        price=29,
        season="summer",
        entry=0.35,
        plural=True,
        materials=words("ripstop nylon, recycled polyester, mesh"),
        colours=words("grey, navy, teal, mustard, pink, black"),
        products=products("""
            Packing Cubes, Set of 4 | 收纳袋四件套 | 1.0 | S to L
            Compression Cubes, Set of 3 | 压缩收纳袋 | 1.3 | M, L
            Shoe Bags, Set of 2 | 鞋袋 | 0.6 |
        """),
        use="Shirts here, socks there, and the case closes after all.",
        strengths=pairs("""
            I finally find things in my case = 箱子里终于找得到东西了
            they squeeze jumpers to half their size = 毛衣能压到一半大小
            the zips run round the corners smoothly = 拉链转角也很顺
        """),
        faults=pairs("""
            the mesh tears easily = 网纱很容易破
            they are smaller than the picture suggests = 比图片看起来小
            a zip split on the second trip = 第二次用拉链就崩了
        """),
    ),
)

LEISURE = (*STATIONERY, *AUDIO, *GARDEN, *PETS, *TRAVEL)
