"""English phrases for comments on any product.

``{noun}`` is the name of the product. ``{this}``, ``{it}``, ``{is}`` and ``{does}`` agree with it in number.
``{say}`` is a statement about the product, and ``{Say}`` the same with a capital letter.
"""

from __future__ import annotations

from mmsql.demo.phrases import Phrases

ENGLISH = Phrases(
    openers={
        "good": (
            "Really happy with {this} {noun}.",
            "Exactly what I was looking for.",
            "Love {it}!",
            "I was not sure at first, but {this} {noun} won me over.",
            "Second time I buy from {brand}, and again no regrets.",
            "Best {noun} I have had so far.",
            "Arrived on Tuesday, in use every day since.",
            "My sister talked me into {this} {noun} and she was right.",
            "After three months of use I can recommend {it}.",
            "Five stars from me.",
            "Does what it should, and looks good doing so.",
            "Lovely {noun}.",
            "I tried a cheaper brand before, no comparison.",
        ),
        "mixed": (
            "Decent, with some flaws.",
            "Mixed feelings about {this} {noun}.",
            "Not bad, not great.",
            "Okay for what {it} {is}.",
            "I expected a little more from {brand}.",
            "Does the job, no more than that.",
            "Half happy.",
            "Three stars, and here is why.",
        ),
        "bad": (
            "Very disappointed.",
            "Sent {it} back.",
            "I wanted to like {this} {noun}, but no.",
            "Not what the description promises.",
            "Sadly a bad buy.",
            "Would not buy from {brand} again.",
            "What a letdown.",
            "Save your money.",
            "Looked great in the picture, less so in real life.",
        ),
    },
    short={
        "good": (
            "Great {noun}!",
            "Perfect.",
            "Would buy again.",
            "All good, fast delivery.",
            "Very nice, thank you.",
        ),
        "mixed": ("It's okay.", "So so.", "Fine for the price.", "Average."),
        "bad": ("Don't.", "Returned.", "Poor quality.", "Not worth it."),
    },
    strengths=(
        "{Say}.",
        "{Say}!",
        "What I like most: {say}.",
        "Big plus: {say}.",
        "I did not expect it, but {say}.",
        "{Say}, which is why I bought {it}.",
        "As promised, {say}.",
        "{Say} – that alone was worth it.",
        "Honestly, {say}.",
    ),
    second_strengths=("And {say}.", "Also, {say}.", "{Say}, too.", "On top of that, {say}.", "Plus {say}."),
    faults=(
        "{Say}.",
        "Unfortunately {say}.",
        "Be warned: {say}.",
        "{Say}, which should not happen.",
        "The trouble is that {say}.",
        "{Say} – I wrote to the shop about that.",
    ),
    small_faults=(
        "Only complaint: {say}.",
        "One star less because {say}.",
        "Just so you know, {say}.",
        "I can live with it, but {say}.",
        "If I had to find fault: {say}.",
    ),
    colours={
        "good": (
            "The {colour} is exactly my colour.",
            "{Colour} was the right choice.",
            "The {colour} looks even better than in the pictures.",
            "Took the {colour} and got compliments already.",
        ),
        "bad": (
            "The {colour} looks different from the picture.",
            "Not sure about the {colour} any more.",
            "The {style} look is not really my thing.",
        ),
    },
    fits={
        "runs small": (
            "Runs small, take one size up.",
            "Order a size larger, these come out small.",
            "I usually wear M and needed L.",
            "A bit tight; size up.",
        ),
        "is true to size": (
            "True to size.",
            "Fits as expected.",
            "My usual size fits perfectly.",
            "Size is spot on.",
        ),
        "runs large": (
            "Runs large, I went one size down.",
            "Comes out big, order a size smaller.",
            "Too roomy in my usual size.",
        ),
    },
    prices={
        "budget good": (
            "For the money you cannot go wrong.",
            "Unbeatable at {price}.",
            "Cheap, but not cheaply made.",
        ),
        "mid good": ("Fair price.", "Good value at {price}.", "Worth the {price}."),
        "premium good": (
            "Not cheap, but worth every cent.",
            "{price} is a lot, and I would spend it again.",
            "Quality has its price.",
        ),
        "budget bad": ("Well, {price}. You get what you pay for.", "Even at this price it is too much."),
        "mid bad": ("Not worth {price}.", "For {price} there are better ones."),
        "premium bad": ("For {price} I expected far more.", "A premium price without the quality."),
    },
    contexts={
        "Kitchen": (
            "We cook every night, so {it} {does} get used.",
            "Bought {it} for our first flat.",
            "A wedding present for friends who love to cook.",
            "My kitchen is tiny, so every piece has to earn its place.",
        ),
        "Coffee & Tea": (
            "I drink four cups a day, so this matters.",
            "For the office kitchen.",
            "Sunday mornings are different now.",
            "A birthday present for my dad, a coffee snob.",
        ),
        "Bedroom": (
            "I sleep badly, so I tried a few.",
            "For the guest room.",
            "We swapped everything in the bedroom this autumn.",
            "I get cold easily.",
        ),
        "Office": (
            "I work from home four days a week.",
            "Bought {it} for my new desk.",
            "My employer paid half.",
            "I write for a living.",
        ),
        "Stationery": (
            "I write in my journal every evening.",
            "For my studies.",
            "A present for a colleague who retires.",
            "I am left-handed, which makes me picky.",
        ),
        "Camping": (
            "Two weeks in Norway with {it}.",
            "Tried {it} out on a wet weekend in the hills.",
            "We went to the coast with two kids.",
            "For a festival, and now for every trip.",
        ),
        "Hiking": (
            "Eight days in the Alps with {it}.",
            "I am out in the hills every weekend.",
            "For my first long-distance trail.",
            "Used {it} for the daily walk with the dog, too.",
        ),
        "Running": (
            "Training for my first half marathon.",
            "I run 40 kilometres a week.",
            "Two marathons so far.",
            "Mostly forest paths, some road.",
        ),
        "Cycling": (
            "I commute 12 kilometres a day, in all weather.",
            "For my new gravel bike.",
            "My daughter rides to school with {it}.",
            "City traffic, dark winters.",
        ),
        "Clothing": (
            "I wore {it} all through October.",
            "For the office and the weekend.",
            "I am 1.82 m tall.",
            "A present for my mother.",
        ),
        "Audio": (
            "I listen mostly to jazz and piano.",
            "For a living room of 25 square metres.",
            "I inherited 200 records.",
            "On the train every day.",
        ),
        "Garden": (
            "For a shady balcony in the city.",
            "Our soil is heavy clay.",
            "First year with a garden of my own.",
            "The kids helped.",
        ),
        "Pets": (
            "Our Labrador is twelve now.",
            "For a puppy with sharp teeth.",
            "Tested by two terriers.",
            "Our dog pulls like a tractor.",
        ),
        "Travel": (
            "I fly twice a month for work.",
            "For our trip to Japan.",
            "Three weeks by train through Italy.",
            "Weekend trips mostly.",
        ),
    },
    closers={
        "good": (
            "Recommended.",
            "Would buy again.",
            "Thanks, great shop!",
            "Delivery took two days.",
            "Ordered again, this time as a present.",
            "10/10 👍",
            "",
            "",
            "",
        ),
        "mixed": ("Might try another brand next time.", "Keeping {it} anyway.", "", "", ""),
        "bad": ("Going back.", "Hoping for a refund.", "Look elsewhere.", "Never again 😡", "", ""),
    },
)
