#pragma once
#include "board.h"
