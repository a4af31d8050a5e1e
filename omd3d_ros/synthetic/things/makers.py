"""Every maker of a thing that is only learned from, by its household word."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from omd3d_ros.synthetic.model import Model
from omd3d_ros.synthetic.things.bags import BAGS
from omd3d_ros.synthetic.things.bathroom import BATHROOM
from omd3d_ros.synthetic.things.cutlery import CUTLERY
from omd3d_ros.synthetic.things.electronics import ELECTRONICS
from omd3d_ros.synthetic.things.fire import FIRE
from omd3d_ros.synthetic.things.food import FOOD
from omd3d_ros.synthetic.things.furniture import FURNITURE
from omd3d_ros.synthetic.things.instruments import INSTRUMENTS
from omd3d_ros.synthetic.things.kitchen_appliances import KITCHEN_APPLIANCES
from omd3d_ros.synthetic.things.kitchenware import KITCHENWARE
from omd3d_ros.synthetic.things.personal import PERSONAL
from omd3d_ros.synthetic.things.plants import PLANTS
from omd3d_ros.synthetic.things.stationery import STATIONERY
from omd3d_ros.synthetic.things.tools import TOOLS
from omd3d_ros.synthetic.things.toys import TOYS
from omd3d_ros.synthetic.things.vehicles import VEHICLES
from omd3d_ros.synthetic.things.white_goods import WHITE_GOODS

STUDIED_MAKERS: dict[str, Callable[[np.random.Generator], Model]] = {
    **BAGS, **BATHROOM, **CUTLERY, **ELECTRONICS, **FIRE, **FOOD, **FURNITURE, **INSTRUMENTS,
    **KITCHEN_APPLIANCES, **KITCHENWARE, **PERSONAL, **PLANTS, **STATIONERY, **TOOLS, **TOYS,
    **VEHICLES, **WHITE_GOODS}
